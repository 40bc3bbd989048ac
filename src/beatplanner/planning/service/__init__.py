"""The service picture: when calls come, who is on duty, and what that means for people and officers."""
