"""Bands and classes of a checkpoint without a graph, from its first and last layer's weights.

Only where the names tell the order of the layers, as Keras' own checkpoints do
(``layer_with_weights-0/kernel``), and where nothing else fits the shapes.
"""

from __future__ import annotations

import re
from typing import Dict, Optional

from ..description import Dims, Evidence, Tensor
from .bundle import Bundle
from .endpoints import Endpoints

_LAYER = re.compile(
    r"(?:model/)?layer_with_weights-(?P<number>\d{1,6})/(?P<what>[a-z_]+)"
    r"/\.ATTRIBUTES/VARIABLE_VALUE\Z"
)


def ends_by_kernels(bundle: Bundle) -> Endpoints:
    """Input and output with their channels; none where the weights don't tell."""
    layers: Dict[int, Dict[str, Optional[Dims]]] = {}
    for variable in bundle.variables:
        match = _LAYER.match(variable.name)
        if match is not None:
            layer = layers.setdefault(int(match.group("number")), {})
            layer[match.group("what")] = variable.shape
    if not layers or sorted(layers) != list(range(len(layers))):
        return Endpoints((), ())
    if not _begins_with_the_image(layers):
        return Endpoints((), ())
    bands = _inward(layers[0])
    last = len(layers) - 1
    classes = _outward(layers[last])
    if last and _inward(layers[last - 1]) == _inward(layers[last]) is not None:
        classes = None  # Two heads side by side: which is the last can't be told.
    inputs = () if bands is None else (_image(bands),)
    outputs = () if classes is None else (_image(classes),)
    return Endpoints(inputs, outputs)


def _begins_with_the_image(layers: Dict[int, Dict[str, Optional[Dims]]]) -> bool:
    """Whether layers before the first convolution, such as normalisations, have its channels.

    Where they don't, channels are made in between: of several spectra or dates, say.
    """
    for number in range(len(layers)):
        kernel = layers[number].get("kernel")
        if kernel is not None:
            earlier = [shape for n in range(number) for shape in layers[n].values()]
            return len(kernel) != 4 or all(
                shape is None or len(shape) != 1 or shape[0] == kernel[2] for shape in earlier
            )
    return True


def _image(channels: int) -> Tensor:
    return Tensor(None, (None, None, None, channels), "NHWC", None, Evidence.GUESSED)


def _inward(layer: Dict[str, Optional[Dims]]) -> Optional[int]:
    """Channels that a convolution takes: its bias tells which end of the kernel is which."""
    kernel, bias = layer.get("kernel"), layer.get("bias")
    if kernel is None or len(kernel) != 4 or bias is None or len(bias) != 1:
        return None
    if kernel[3] == bias[0] and kernel[2] != bias[0]:
        return kernel[2]
    return None


def _outward(layer: Dict[str, Optional[Dims]]) -> Optional[int]:
    kernel, bias = layer.get("kernel"), layer.get("bias")
    if kernel is None or len(kernel) != 4 or bias is None or len(bias) != 1:
        return None
    return bias[0] if bias[0] in kernel[2:] else None
