"""What a file is that is no model, or no whole one: recognised, named, and refused."""
