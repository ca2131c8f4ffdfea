"""How much a network crops off its tile."""

from __future__ import annotations

from typing import Optional, Sequence

from ...network.footprints import model_padding
from .inference import Flow
from .lowering import value_of
from .model_graph import Variable


def padding_of(flow: Flow, images: Sequence[Variable], outputs: Sequence[str]) -> Optional[int]:
    """Pixels cropped from each side between the only image input and the only prediction."""
    if len(images) != 1 or len(outputs) != 1:
        return None
    shape, result = images[0].shape, flow.signal(outputs[0]).shape
    if shape is None or result is None or len(shape) != 3 or len(result) not in (2, 3):
        return None
    axes = value_of(flow, outputs[0]).axes
    if len(axes) < 2:
        return None
    # Width and height, each as far as it is still the image's own.
    last = len(shape) - 1 + images[0].dynamic
    places = [
        axis.footprint
        if axis.footprint is not None and {one for _, one in axis.footprint.sources} == {source}
        else None
        for axis, source in ((axes[-1], last), (axes[-2], last - 1))
    ]
    sizes = [None if size < 0 else size for size in (*shape[:2], *result[:2])]
    return model_padding(sizes[:2], sizes[2:], places)
