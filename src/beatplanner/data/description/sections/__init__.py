"""The sections of the description: each key with its type, limits and default, and what is told of it."""
