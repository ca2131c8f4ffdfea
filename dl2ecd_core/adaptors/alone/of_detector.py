"""How a detector's network is run and read: found out with the engine, too."""

from __future__ import annotations

from typing import Any, Dict, List, Tuple

from ...findings import Finding, Place
from ...findings.rules import finding
from ...models import Content
from ...models.detectors.head import HeadKind, Holds
from ...running.objects.detector import DetectOptions, detector_for, labels_of
from ...running.objects.reading import Grid, Reading
from ...running.opening import OpenedModel
from ...running.sessions.onnx_session import OnnxSession
from .. import contract, placing
from ..blocks import unseen
from .deciding import Decided, listed_parameters, said_of_scaling, scaling_texts

#: Which layers are scores of classes, by where the one stands that says there is no object.
_LAYERS = {"none": [None, None], "first": [1, None], "last": [None, -1]}


def detector(opened: OpenedModel, session: OnnxSession) -> Decided:
    """How a detector's network is run."""
    scene, bands = unseen(opened.ecd.band_count or 0)
    made, _ = detector_for(opened, session, scene, DetectOptions(bands, ("none",)))
    reading, document = made.reading, opened.ecd.document
    scaling = scaling_texts(opened, session, made.entry.data_type)
    classes = opened.ecd.classes
    kind, outputs, told = _reading(reading)
    turned = any(column.holds is Holds.ANGLE for column in reading.columns)
    batch = int(document.get("BatchSize") or 1)
    height, width = (placing.block_of_tiles(size, made.overlap, batch) for size in made.tile)
    names = ["padding", "score_threshold"]
    names += [] if "BatchSize" in document else ["batch_size"]
    shape = "turned" if turned else "upright"
    (entry,) = session.inputs
    decided = {
        "Classes": document["Classes"],
        "Inputs": [
            {
                "Name": entry.name,
                "Axes": made.entry.axes,
                "DataType": made.entry.data_type,
                "Bands": made.entry.bands,
            }
        ],
        "Bands": made.entry.bands,
        "Outputs": [session.outputs[place].name for place in outputs],
        "Tile": list(made.tile),
        "Around": made.padding,
        "Iou": made.iou,
        "Finished": reading.finished,
        "Names": [[label, classes[place].name] for label, place in labels_of(opened).items()],
        "Shape": shape,
        "Reading": {
            "Kind": kind,
            "Coding": reading.coding.value,
            "Normalized": reading.normalized,
            "FirstLabel": reading.first_label,
            **told,
        },
        "Scaling": scaling,
        "Parameters": listed_parameters(names, scaling),
        "Configuration": {
            "extractBands": list(document.get("ExtractBands", range(made.entry.bands))),
            "padding": made.overlap,
            "ty": height,
            "tx": width,
            "fixedTileSize": 0,
            "inheritProperties": contract.INHERITED,
            "inputMask": True,
        },
    }
    said = [*said_of_scaling(scaling, opened), *_said_of_masks(reading, opened)]
    return Decided("EcdDetector", decided, None, tuple(said), (kind, shape))


def _reading(reading: Reading) -> Tuple[str, List[int], Dict[str, Any]]:
    """The way in which outputs are read, which outputs, and what it needs to know."""
    places = reading.places
    if reading.kind is HeadKind.SEPARATE:
        told = {
            "Activation": reading.activation,
            "Layers": _LAYERS[reading.background],
            "Several": reading.several,
        }
        return "separate", [places[Content.BOXES], places[Content.CLASS_SCORES]], told
    widths = [column.count or 0 for column in reading.columns]
    if reading.kind is HeadKind.GRID:
        grids = [_grid(grid) for grid in reading.grids]
        outputs = [grid.place for grid in reading.grids]
        return "grids", outputs, {"Grids": grids, "Width": sum(widths), "Box": widths[0]}
    if Content.RAW_DETECTOR_HEAD in places:
        ends = [sum(widths[: place + 1]) for place in range(len(widths))]
        columns = {
            column.holds.value: [end - width, end]
            for column, width, end in zip(reading.columns, widths, ends)
        }
        told = {"Columns": columns, "Axis": reading.columns_axis or 0, "Width": sum(widths)}
        return "rows", [places[Content.RAW_DETECTOR_HEAD]], told
    outputs = [places[Content.BOXES], places[Content.LABELS]]
    outputs += [] if reading.columns else [places[Content.SCORES]]
    return "beside", outputs, {}


def _grid(grid: Grid) -> Dict[str, Any]:
    return {
        "Anchors": [list(size) for size in grid.anchors],
        "Stretch": grid.cells.stretch,
        "Activated": grid.cells.activated,
        "Exclusive": grid.cells.exclusive,
    }


def _said_of_masks(reading: Reading, opened: OpenedModel) -> List[Finding]:
    if Content.MASKS not in reading.places:
        return []
    return [
        finding(
            "export-incomplete",
            "The packed raster function gives the boxes of objects, not their outlines.",
            hint="dl2ecd detect and the raster function Detect in dl2ecd_core/adaptors give both.",
            where=Place(file=opened.ecd.name),
        )
    ]
