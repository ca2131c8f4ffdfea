"""What can be decided when a package is made: how its network is run, without looking at it again.

It is decided with the engine, so that the packed function gives what the engine does, and stands in
the definition under one key.
"""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple

from ...exports.legend import legend_of
from ...findings import Finding, Place
from ...findings.errors import Dl2EcdError
from ...findings.rules import finding
from ...findings.wording import quoted
from ...running.building import Options, classifier_for
from ...running.estimating import check_memory
from ...running.extras import RunningRefused
from ...running.fitting import Fitted, example_tile
from ...running.input_scaling import chosen_scaling
from ...running.opening import OpenedModel
from ...running.placement import Placement
from ...running.planning import fits_one_tile
from ...running.sessions.onnx_session import OnnxSession, freed_content
from ...scaling.steps import Scaling
from .. import contract, placing
from ..blocks import unseen


class Decided(NamedTuple):
    """What a package needs beside its network.

    Attributes
    ----------
    name
        The class, and the file's name without its ending.
    told
        What stands in the definition.
    network
        The network's file with sizes that are free, where the engine runs it so; else None.
    """

    name: str
    told: Dict[str, Any]
    network: Optional[bytes]
    findings: Tuple[Finding, ...]


def decided(opened: OpenedModel) -> Optional[Decided]:
    """How the network of an opened ONNX model is run; None of a detector.

    Raises
    ------
    Dl2EcdError
        When it does not run, or it is not known how.
    """
    kind = opened.ecd.document.get("ModelType")
    if kind == "ObjectDetection" or (kind is None and opened.model.detector is not None):
        return None
    check_memory(opened.model, opened.primary, 1, name=opened.ecd.name)
    session = OnnxSession(opened.primary, opened.model.inputs, opened.model.outputs)
    return _classifier(opened, session)


def _classifier(opened: OpenedModel, session: OnnxSession) -> Decided:
    scene, bands = unseen(opened.ecd.band_count or 0)
    made, _ = classifier_for(opened, session, scene, Options(bands, ("none",)))
    fitted, values = made.fitted, made.values
    scores = fitted.scores
    document = opened.ecd.document
    scaling = _scaling(opened, session, scores.data_type)
    axes = fitted.rows, fitted.columns
    shortest = _shortest(fitted)
    batch = int(document.get("BatchSize") or 1)
    rows = legend_of(opened.ecd, "raster").rows
    names = [name for name, key in (("padding", "ModelPadding"), ("batch_size", "BatchSize"))
             if key not in document]  # fmt: skip
    told = {
        "Classes": [row.value for row in rows],
        "Inputs": [
            {"Name": tensor.name, "Axes": one.axes, "DataType": one.data_type, "Bands": one.bands}
            for tensor, one in zip(session.inputs, scores.inputs)
        ],
        "Output": {"Name": session.outputs[scores.output].name, "Axes": scores.output_axes},
        "Bands": scores.bands,
        "Rows": _axis(fitted.rows, shortest[0]),
        "Columns": _axis(fitted.columns, shortest[1]),
        "Scaling": scaling,
        "Scores": made.probabilities.kind.value,
        "Layers": made.probabilities.layers,
        "Threshold": values.threshold,
        "ScoreThreshold": values.score_threshold,
        "Values": list(values.by_index),
        "NoData": values.nodata,
        "DataType": values.data_type,
        "PixelTypes": contract.fitting_types([*values.by_index, values.nodata]),
        "Parameters": _parameters(names, scaling),
        "Configuration": {
            "extractBands": list(document.get("ExtractBands", range(scores.bands))),
            "padding": placing.padding_of(axes, 0),
            "ty": placing.inner_size(fitted.rows, batch),
            "tx": placing.inner_size(fitted.columns, batch),
            "fixedTileSize": 0,
            "inheritProperties": contract.INHERITED,
            "invalidateProperties": contract.INVALIDATED,
            "inputMask": True,
        },
        "OutputInfo": {
            "bandCount": 1,
            "pixelType": contract.PIXEL_TYPES[values.data_type],
            "rasterAttributeTable": contract.attribute_table(
                (row.value, row.name, row.color) for row in rows
            ),
        },
    }
    network = None
    if scores.session is not session:
        network = freed_content(opened.primary, session.inputs)
    return Decided("EcdClassifier", told, network, tuple(_said(scaling, opened)))


def _shortest(fitted: Fitted) -> Tuple[int, int]:
    """Rows and columns of the smallest tile that runs; 0 where the usual one is kept to.

    A network that runs on a tile is taken to run on all that are longer.
    """
    if fitted.scores.tile != (None, None) or not fitted.is_exact:
        return 0, 0
    rows, columns = (_fewest(fitted, axis) for axis in (0, 1))
    return rows, columns


def _fewest(fitted: Fitted, axis: int) -> int:
    placement = (fitted.rows, fitted.columns)[axis]
    least = placement.shortened(1, 1).tile
    if _runs(fitted, axis, least):
        return least
    # Strides between the longest that is known not to run and the shortest that is known to.
    low, high = 0, (placement.tile - least) // placement.stride
    while high - low > 1:
        middle = (low + high) // 2
        runs = _runs(fitted, axis, least + middle * placement.stride)
        low, high = (low, middle) if runs else (middle, high)
    return least + high * placement.stride


def _runs(fitted: Fitted, axis: int, tile: int) -> bool:
    placements = [fitted.rows, fitted.columns]
    placements[axis] = placements[axis].grown(tile)
    sizes = (one.tile for one in placements)
    try:
        result = fitted.scores(example_tile(fitted.scores, *sizes))
    except RunningRefused:
        return False
    return result.shape[1:] == tuple(one.output for one in placements)


def _axis(placement: Placement, shortest: int) -> Dict[str, Any]:
    """Numbers as :mod:`.classifier` wants them; `whole` is a scene that is one tile, cropped."""
    cropped = placement.lead and not placement.step and fits_one_tile(placement, placement.tile)
    return {
        "tile": placement.tile,
        "output": placement.output,
        "stride": placement.stride,
        "outputs_per_stride": placement.outputs_per_stride,
        "lead": placement.lead,
        "margins": list(placement.margins),
        "scale": list(placement.scale.as_integer_ratio()),
        "start": list(placement.start.as_integer_ratio()),
        "whole": placement.tile if cropped else 0,
        "shortest": shortest,
    }


def _parameters(names: List[str], scaling: Mapping[str, str]) -> List[Dict[str, Any]]:
    more = [] if "any" in scaling else ["scaling"]
    return contract.parameters("raster", "model", "device", *names, *more)


def _scaling(opened: OpenedModel, session: OnnxSession, input_type: str) -> Dict[str, str]:
    """The steps for pixels of any type and for bytes, as far as they are known, as texts."""
    ecd = opened.ecd
    found: Dict[str, str] = {}
    for key, scene_type in (("any", "float64"), ("uint8", "uint8")):
        try:
            scaling = chosen_scaling(
                ecd.document,
                ecd.definition,
                ecd.band_count or 0,
                asked=(),
                scene_type=scene_type,
                input_type=input_type,
                name=ecd.name,
                properties=session.properties,
            )
        except Dl2EcdError as error:
            if error.findings[0].rule != "scaling-unknown":
                raise
        else:
            found[key] = _text(scaling)
    return found


def _text(scaling: Scaling) -> str:
    """Steps as people write them, to the last digit."""
    steps = [
        " ".join([step.kind, *(_number(value) for value in step.values)]) for step in scaling.steps
    ]
    return "; ".join(steps) or "none"


def _number(value: object) -> str:
    return ",".join(map(repr, value if isinstance(value, tuple) else (value,)))


def _said(scaling: Mapping[str, str], opened: OpenedModel) -> List[Finding]:
    if "any" in scaling:
        return []
    types = "types other than bytes" if scaling else "the raster"
    return [
        finding(
            "scaling-left-open",
            f"Nothing in {quoted(opened.ecd.name, 400)} says how the values of {types} become what "
            "the model takes: ArcGIS will ask for it (Scaling), as dl2ecd classify does (--scale).",
            hint="Ask whoever trained the model, and put InputScaling into the class information.",
            where=Place(file=opened.ecd.name),
        )
    ]
