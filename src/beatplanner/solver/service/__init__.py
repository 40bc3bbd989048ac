"""Who answers which call, and when: the hypercube queueing model, its approximation, and a simulation."""
