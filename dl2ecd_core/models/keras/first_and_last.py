"""Bands and classes of a model of which only the weights are there.

The first layer's kernel has as many inputs as the image has bands, the last one's as many outputs
as there are classes; which layers these are must follow from the file, else nothing is said.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import List, Optional, Set, Tuple

from ..description import Evidence, Tensor
from .weights import LayerWeights, Shape, Weights

_CONVOLUTION, _TRANSPOSED, _DENSE = "convolution", "transposed", "dense"
# Names that Keras gives to groups after the class of the layer: conv2d, conv2d_1 ...
_CLASSES = {
    "conv2d": _CONVOLUTION,
    "conv2d_transpose": _TRANSPOSED,
    "dense": _DENSE,
}
_WITHOUT_KERNEL = frozenset(("batch_normalization", "layer_normalization", "group_normalization"))
_TURNING = ("reshape", "flatten", "permute", "global", "lambda", "vector")
# Kernels that take what no layer hands on: one, or a few behind joined tensors.
_MOST_FIRSTS = 200
_NUMBER = re.compile(r"_\d+$")


@dataclass(frozen=True)
class Kernel:
    """A layer that turns `before` channels into `after`."""

    kind: str
    before: int
    after: int


def inferred_ends(weights: Weights) -> Tuple[Tuple[Tensor, ...], Tuple[Tensor, ...]]:
    """Input and output as far as the weights tell; empty where they don't."""
    if weights.ordered:
        first, last = _by_order(weights.layers)
    else:
        first, last = _by_use(weights.layers)
    inputs: Tuple[Tensor, ...] = ()
    outputs: Tuple[Tensor, ...] = ()
    if first is not None and first.kind == _CONVOLUTION:
        shape = (None, None, None, first.before)
        inputs = (Tensor(None, shape, "NHWC", evidence=Evidence.GUESSED),)
    if last is not None and (last.kind == _DENSE or _turns_shapes(weights)):
        # A dense layer may classify images or each pixel: the rank is not known.
        outputs = (Tensor(None, evidence=Evidence.GUESSED, class_count=last.after),)
    elif last is not None:
        shape = (None, None, None, last.after)
        outputs = (Tensor(None, shape, "NHWC", evidence=Evidence.GUESSED),)
    return inputs, outputs


def _turns_shapes(weights: Weights) -> bool:
    """Whether names of layers tell that pixels may be rearranged behind the last kernel."""
    names = [layer.path.rpartition("/")[2] for layer in weights.layers]
    if weights.ordered:
        filled = [number for number, layer in enumerate(weights.layers) if layer.weights]
        names = names[filled[-1] + 1 :] if filled else names
    return any(word in name.lower() for name in names for word in _TURNING)


def _by_order(layers: Tuple[LayerWeights, ...]) -> Tuple[Optional[Kernel], Optional[Kernel]]:
    """First and last kernel of layers in the model's order."""
    filled = [layer for layer in layers if layer.weights]
    if not filled:
        return None, None
    first, last = _kernel_of(filled[0], filled[1:2]), _kernel_of(filled[-1], [])
    if first is not None and first.kind == _TRANSPOSED:
        first = None
    if last is not None and len(filled) > 1 and last.before not in _sizes_out(filled[-2]):
        # Heads side by side, or a nested network: the last layer is not all of the output.
        last = None
    return first, last


def _sizes_out(layer: LayerWeights) -> Set[int]:
    """The channels that a layer may hand on: the length of its vectors, else of its kernel."""
    vectors = {shape[0] for _, shape in layer.weights if len(shape) == 1}
    return vectors or {shape[-1] for _, shape in layer.weights if shape}


def _kernel_of(layer: LayerWeights, following: List[LayerWeights]) -> Optional[Kernel]:
    """A layer with one kernel and at most a bias; which way it points, from the bias."""
    shapes = [shape for _, shape in layer.weights]
    names = [re.split(r"[/:]", name.rpartition("/")[2])[0] for name, _ in layer.weights]
    if len(shapes) > 2 or not shapes or not names[0].endswith(("kernel", "_W")):
        return None
    if "depthwise" in names[0] or "recurrent" in names[0]:
        return None
    kernel = shapes[0]
    if len(kernel) == 2:
        return Kernel(_DENSE, kernel[0], kernel[1])
    if len(kernel) != 4:
        return None
    after = _channels_behind(shapes, following)
    if kernel[2] == kernel[3] or after == kernel[3] != kernel[2]:
        return Kernel(_CONVOLUTION, kernel[2], kernel[3])
    if after == kernel[2]:
        return Kernel(_TRANSPOSED, kernel[3], kernel[2])
    return None


def _channels_behind(shapes: List[Shape], following: List[LayerWeights]) -> Optional[int]:
    """How many channels come out, from the bias or the normalisation behind."""
    if len(shapes) == 2:
        return shapes[1][0] if len(shapes[1]) == 1 else None
    if following and all(len(shape) == 1 for _, shape in following[0].weights):
        return following[0].weights[0][1][0]
    return None


def _by_use(layers: Tuple[LayerWeights, ...]) -> Tuple[Optional[Kernel], Optional[Kernel]]:
    """First and last kernel of layers whose order is not known.

    The first takes what no layer hands on, the last hands on what no layer takes.
    """
    kernels: List[Kernel] = []
    other: Set[int] = set()
    for layer in layers:
        if not layer.weights:
            continue
        kind = _NUMBER.sub("", layer.path.rpartition("/")[2])
        shapes = [shape for _, shape in layer.weights]
        parent = layer.path.partition("/")[0]
        if layer.path.count("/") != 1 or parent not in (
            "layers",
            "_layer_checkpoint_dependencies",
        ):
            return None, None
        if kind in _WITHOUT_KERNEL:
            other |= {shape[0] for shape in shapes if shape}
        elif kind in _CLASSES and len(shapes[0]) == (2 if _CLASSES[kind] == _DENSE else 4):
            turned = _CLASSES[kind] == _TRANSPOSED
            before, after = shapes[0][-2:] if not turned else reversed(shapes[0][-2:])
            kernels.append(Kernel(_CLASSES[kind], before, after))
        else:
            return None, None
    taken = {kernel.before for kernel in kernels} | other
    given = {kernel.after for kernel in kernels} | other
    firsts = [kernel for kernel in kernels if kernel.before not in given]
    lasts = [kernel for kernel in kernels if kernel.after not in taken]
    inner = given - {kernel.after for kernel in lasts}
    if len(firsts) > _MOST_FIRSTS:
        firsts = []
    starts = {kernel.before for kernel in firsts if not _is_joined(kernel, inner)}
    first = next((item for item in firsts if item.before in starts), None)
    if len(starts) != 1 or first is None or first.kind == _TRANSPOSED:
        first = None
    return first, lasts[0] if len(lasts) == 1 else None


def _is_joined(kernel: Kernel, given: Set[int]) -> bool:
    """Whether what a kernel takes may be two tensors behind each other."""
    return any(kernel.before - size in given for size in given)
