"""What a pack says, made of what passed the gate; nothing here can reach the town or the tables of a plan."""
