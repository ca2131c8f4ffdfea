"""What happens to shapes on the way through a network: shared by the readers that walk a graph."""
