"""Sites: p-median, covering, p-center, phases."""
