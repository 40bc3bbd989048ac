"""From unknown files to a description: guesses, doubts and their repairs."""
