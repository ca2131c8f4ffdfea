"""Tiles to try a model with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..sessions.scores import Scores

if TYPE_CHECKING:
    from ..sessions import Array

#: Pixels on a side of the patches of an example.
_PATCH = 16


def example_tile(scores: Scores, height: int, width: int) -> Array:
    """Pixels of no meaning, in the range of what models are trained on: patches with noise.

    Noise alone is the same everywhere for layers that look at many pixels.
    """
    import numpy

    random = numpy.random.default_rng(11)
    shape = (scores.bands, height, width)
    patches = (scores.bands, -(-height // _PATCH), -(-width // _PATCH))
    whole = scores.data_type not in ("float32", "float16", "float64")
    levels = random.integers(0, 96, patches) if whole else random.normal(-0.1, 0.5, patches)
    patchy = levels.repeat(_PATCH, 1).repeat(_PATCH, 2)[:, :height, :width]
    # Even noise takes a tenth of the time of any other.
    noise = random.integers(0, 32, shape) if whole else random.random(shape, "float32")
    return (patchy + noise).astype(scores.data_type)
