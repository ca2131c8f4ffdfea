"""How a classifier's network is run: found out with the engine, whose results it must give."""

from __future__ import annotations

from typing import Any, Dict, Tuple

from ...exports.legend import legend_of
from ...running.building import Options, classifier_for
from ...running.extras import RunningRefused
from ...running.opening import OpenedModel
from ...running.sessions.onnx_session import OnnxSession, freed_content
from ...running.tiles.example_tiles import example_tile
from ...running.tiles.fitted import Fitted
from ...running.tiles.placement import Placement
from ...running.tiles.planning import fits_one_tile
from .. import contract, placing
from ..blocks import unseen
from .deciding import Decided, listed_parameters, said_of_scaling, scaling_texts


def classifier(opened: OpenedModel, session: OnnxSession) -> Decided:
    """How a classifier's network is run."""
    scene, bands = unseen(opened.ecd.band_count or 0)
    made, _ = classifier_for(opened, session, scene, Options(bands, ("none",)))
    fitted, values = made.fitted, made.values
    scores = fitted.scores
    document = opened.ecd.document
    scaling = scaling_texts(opened, session, scores.data_type)
    axes = fitted.rows, fitted.columns
    shortest = _shortest(fitted)
    batch = int(document.get("BatchSize") or 1)
    rows = legend_of(opened.ecd, "raster").rows
    names = [name for name, key in (("padding", "ModelPadding"), ("batch_size", "BatchSize"))
             if key not in document]  # fmt: skip
    told = {
        "Classes": document["Classes"],
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
        "Parameters": listed_parameters(names, scaling),
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
    if isinstance(scores.session, OnnxSession) and scores.session is not session:
        network = freed_content(opened.primary, session.inputs, scores.session.factors)
    return Decided("EcdClassifier", told, network, tuple(said_of_scaling(scaling, opened)))


def _shortest(fitted: Fitted) -> Tuple[int, int]:
    """Rows and columns of the smallest tile that runs; 0 where the usual one is kept to.

    A network that runs on a tile is taken to run on all that are longer.
    """
    if not fitted.flexible:
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
