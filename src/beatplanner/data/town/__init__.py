"""The town: every layer read once, one reader a layer."""
