"""Districts: bounds, growth, annealing, and the tree that proves."""
