"""What a window works on, and the work in child processes."""
