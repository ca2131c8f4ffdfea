"""PyTorch: a state dict of 1 x 1 convolutions, saved and loaded."""

import json
import sys
import time

import torch


def make(path, size):
    channels = 64
    while channels < 1024 and channels * channels * 4 * 256 < size:
        channels *= 2
    layers = max(1, size // (channels * channels * 4))
    state = {"first.weight": torch.randn(channels, 4, 1, 1)}
    for number in range(layers):
        state[f"layer{number}.weight"] = torch.randn(channels, channels, 1, 1)
    state["last.weight"] = torch.randn(2, channels, 1, 1)
    torch.save(state, path)


def load(path):
    torch.load(path, map_location="cpu", weights_only=True)


started = time.perf_counter()
if sys.argv[1] == "make":
    make(sys.argv[2], int(sys.argv[3]))
else:
    load(sys.argv[2])
print(json.dumps({"seconds": time.perf_counter() - started}))
