"""The project description: its models, how it is read, and scenarios that inherit from one another."""
