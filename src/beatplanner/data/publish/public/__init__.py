"""Writers of public files: they get what passed the gate, and can reach neither the town nor the tables of a plan."""
