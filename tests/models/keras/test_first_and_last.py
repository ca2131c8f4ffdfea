"""Bands and classes from weights alone: said where they follow, and nowhere else."""

from __future__ import annotations

from typing import Optional, Tuple

import pytest

from dl2ecd_core.models.keras.first_and_last import inferred_ends
from dl2ecd_core.models.keras.weights import LayerWeights, Shape, Weights
from tests.work import growth


def layer(path: str, *shapes: Shape, names: str = "kernel bias") -> LayerWeights:
    return LayerWeights(path, tuple(zip((f"{path}/{n}:0" for n in names.split()), shapes)))


def ends(*layers: LayerWeights, ordered: bool = True) -> Tuple[Optional[int], Optional[int]]:
    """Bands and classes, None where nothing is said."""
    inputs, outputs = inferred_ends(Weights(layers, ordered, 0))
    return (
        inputs[0].size_of("C") if inputs else None,
        (outputs[0].class_count or outputs[0].size_of("C")) if outputs else None,
    )


FIRST = layer("conv", (3, 3, 4, 8), (8,))
LAST = layer("classes", (1, 1, 8, 3), (3,))


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ((FIRST, LAST), (4, 3)),
        ((), (None, None)),
        ((layer("nothing"),), (None, None)),
        # An autoencoder's last step: the bias tells which way the kernel points.
        ((FIRST, layer("up", (2, 2, 3, 8), (3,))), (4, 3)),
        ((layer("up", (2, 2, 8, 4), (8,)), LAST), (None, 3)),
        # Two heads of three and five classes.
        ((FIRST, LAST, layer("other", (1, 1, 8, 5), (5,))), (4, None)),
        # Without a bias and with as many channels in as out, both ways come to the same.
        ((layer("conv", (3, 3, 4, 4)), layer("classes", (4, 2))), (4, 2)),
        # Without a bias, the normalisation behind tells.
        (
            (layer("conv", (3, 3, 4, 8)), layer("norm", (8,), (8,), names="gamma beta"), LAST),
            (4, 3),
        ),
        # Without either, nothing does.
        ((layer("conv", (3, 3, 4, 8)), LAST), (None, 3)),
        ((layer("conv", (3, 3, 4, 8), (2, 4)), LAST), (None, 3)),
        ((layer("conv", (3, 3, 4, 8), (5,)), LAST), (None, None)),
        # Kernels of other kinds, and what is no kernel.
        ((layer("volume", (3, 3, 3, 4, 8), (8,)), LAST), (None, 3)),
        ((layer("conv", (3, 3, 4, 1), names="depthwise_kernel"), LAST), (None, None)),
        ((layer("lstm", (4, 8), names="recurrent_kernel"), LAST), (None, 3)),
        ((layer("codes", (4, 8), names="embeddings"), LAST), (None, 3)),
        ((layer("lstm", (4, 8), (8, 8), (8,), names="kernel recurrent_kernel bias"),), (None,) * 2),
        # A dense layer's input is not what the image has.
        ((layer("dense", (4, 8), (8,)), layer("classes", (8, 3), (3,))), (None, 3)),
    ],
)
def test_layers_in_order(
    layers: Tuple[LayerWeights, ...], expected: Tuple[Optional[int], Optional[int]]
) -> None:
    assert ends(*layers) == expected


def test_pixels_that_may_be_rearranged_behind_the_last_kernel() -> None:
    weights = Weights((FIRST, LAST, layer("reshape")), True, 0)
    (output,) = inferred_ends(weights)[1]
    assert (output.shape, output.class_count) == (None, 3)


CONV = layer("layers/conv2d", (3, 3, 4, 8), (8,))
CLASSES = layer("layers/conv2d_1", (1, 1, 8, 3), (3,))


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ((CONV, CLASSES), (4, 3)),
        ((CLASSES, layer("layers/dropout"), CONV), (4, 3)),
        ((CONV, CLASSES, layer("layers/batch_normalization", (8,), (8,), (8,), (8,))), (4, 3)),
        # Groups within groups, and layers whose use is not known.
        ((CONV, CLASSES, layer("layers/functional/layers/conv2d", (1, 1, 3, 5))), (None, None)),
        ((CONV, CLASSES, layer("mine/conv2d", (1, 1, 3, 5))), (None, None)),
        ((CONV, CLASSES, layer("layers/mystery", (1, 1, 3, 5))), (None, None)),
        ((CONV, layer("layers/dense", (1, 1, 8, 3))), (None, None)),
        # Two heads, two inputs.
        ((CONV, CLASSES, layer("layers/conv2d_2", (1, 1, 8, 5))), (4, None)),
        ((CONV, CLASSES, layer("layers/conv2d_2", (1, 1, 6, 8))), (None, 3)),
        # A transposed first layer: it may follow something without weights.
        ((layer("layers/conv2d_transpose", (2, 2, 8, 4), (8,)), CLASSES), (None, 3)),
        # Two tensors joined behind each other: 8 + 16 channels come from no single layer.
        (
            (
                CONV,
                layer("layers/conv2d_1", (3, 3, 8, 16)),
                layer("layers/conv2d_2", (3, 3, 16, 16)),
                layer("layers/conv2d_3", (1, 1, 24, 3)),
            ),
            (4, 3),
        ),
    ],
)
def test_layers_whose_order_is_not_known(
    layers: Tuple[LayerWeights, ...], expected: Tuple[Optional[int], Optional[int]]
) -> None:
    assert ends(*layers, ordered=False) == expected


@pytest.mark.parametrize("ordered", [True, False])
def test_many_layers_that_fit_nowhere_are_little_work(ordered: bool) -> None:
    def look(count: int) -> None:
        # A long chain, and as many layers that take what none of it hands on.
        chain = [layer(f"layers/conv2d_{n}", (1, 1, n, n + 1)) for n in range(1, count)]
        names = (f"layers/conv2d_{n}" for n in range(count, 2 * count))
        loose = [layer(name, (1, 1, 10**9 * n, 7)) for n, name in enumerate(names, 1)]
        assert ends(*chain, *loose, ordered=ordered) == (None, None if ordered else count)

    assert growth(look, 500, 2000) < 1.1
