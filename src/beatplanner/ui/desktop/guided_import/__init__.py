"""The guided import, as a wizard."""
