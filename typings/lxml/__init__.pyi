"""What this program uses of lxml, which brings no types."""
