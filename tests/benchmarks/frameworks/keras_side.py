"""Keras: a model of 1 x 1 convolutions, saved as .keras and loaded."""

import json
import sys
import time

import keras


def make(path, size):
    channels = 16
    while channels < 2048 and channels * channels * 4 * 64 < size:
        channels *= 2
    layers = max(1, size // (channels * channels * 4))
    tensor = image = keras.Input((64, 64, 4), name="image")
    for _ in range(layers + 1):
        tensor = keras.layers.Conv2D(channels, 1, activation="relu")(tensor)
    scores = keras.layers.Conv2D(2, 1, activation="softmax", name="scores")(tensor)
    keras.Model(image, scores).save(path)


def load(path):
    keras.models.load_model(path, compile=False)


started = time.perf_counter()
if sys.argv[1] == "make":
    make(sys.argv[2], int(sys.argv[3]))
else:
    load(sys.argv[2])
print(json.dumps({"seconds": time.perf_counter() - started}))
