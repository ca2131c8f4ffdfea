"""TensorFlow's files: frozen and unfrozen graphs, SavedModels, checkpoints."""
