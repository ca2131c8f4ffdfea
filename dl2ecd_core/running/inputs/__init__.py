"""What of a scene goes into a model: its bands, their scaling, and whether their values fit."""
