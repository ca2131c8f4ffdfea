"""An OpenVINO network whose image may have any size, where its file enlarges to fixed ones.

What enlarges or shrinks an image to a stated size, as exporters of PyTorch write it, does so by the
same factor instead, as in an ONNX model (``onnx_sizes``). Whether the network itself allows other
sizes shows when it runs.
"""

from __future__ import annotations

from typing import Any, List, Optional


def by_factors(network: Any) -> Optional[Any]:
    """A copy of a network that resizes by factors what it resizes to sizes; None if nothing is.

    Where a factor is neither whole nor one over a whole number, the sizes stay as they are.
    """
    copy = network.clone()
    scaled = [_scale(layer) for layer in copy.get_ordered_ops() if _by_sizes(layer)]
    return copy if any(scaled) else None


def _by_sizes(layer: Any) -> bool:
    """Whether a layer resizes its image to sizes, and nothing else."""
    # The first version has no factors.
    said = layer.get_attributes() if layer.get_type_name() == "Interpolate" else {}
    padded = any([*said.get("pads_begin", ()), *said.get("pads_end", ())])
    return said.get("shape_calculation_mode") == "sizes" and not padded


def _scale(layer: Any) -> bool:
    """Put a layer that resizes by factors in the place of one; whether that could be done."""
    factors = _factors(layer.input(0).get_partial_shape(), layer.output(0).get_partial_shape())
    if factors is None:
        return False
    import numpy

    operations, said = _operations(), layer.get_attributes()
    result = operations.interpolate(
        layer.input_value(0),
        operations.constant(numpy.array(factors, numpy.float32)),
        said["mode"],
        "scales",
        coordinate_transformation_mode=said["coordinate_transformation_mode"],
        nearest_mode=said["nearest_mode"],
        antialias=said["antialias"],
        cube_coeff=said["cube_coeff"],
        axes=operations.constant(numpy.arange(len(factors), dtype=numpy.int64)),
    ).output(0)
    result.get_tensor().set_names(layer.output(0).get_names())
    layer.output(0).replace(result)
    return True


def _factors(before: Any, after: Any) -> Optional[List[float]]:
    """By how much each axis is longer afterwards; None where one is not known."""
    if before.rank.is_dynamic or after.rank.is_dynamic:
        return None
    factors = []
    for one, other in zip(before, after):
        if one.is_dynamic or other.is_dynamic:
            # Images, of which there may be any number, stay as many.
            factors.append(1.0)
            continue
        old, new = one.get_length(), other.get_length()
        if not old or not new or (new % old and old % new):
            return None
        factors.append(new / old)
    return factors


def _operations() -> Any:
    """The operations that a network can be made of; older versions have them in another place."""
    import openvino

    found = getattr(openvino, "opset11", None)
    return openvino.runtime.opset11 if found is None else found
