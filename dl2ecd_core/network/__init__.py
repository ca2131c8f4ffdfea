"""One graph of operations for all frameworks, and what is known on the way through it."""
