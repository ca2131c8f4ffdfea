"""PyTorch's files: weights, modules, TorchScript and exported programs."""
