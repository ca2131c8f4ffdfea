"""``dl2ecd detect``: a scene and an .ecd become a layer of objects."""

from __future__ import annotations

from typing import Optional, Tuple

import click

from ..findings.wording import counted
from ..models.detectors.head import BoxCoding
from ..progress import Listener
from ..running.bands import bands_asked
from ..running.detect import detect
from ..running.objects.detector import IOU, SCORE, DetectOptions
from ..running.objects.reading import (
    ACTIVATIONS,
    BACKGROUNDS,
    HEADS,
    MASKS,
    UNITS,
    AskedReading,
)
from ..running.objects.report import Detection
from . import CONTEXT
from .model_run import Asked, print_written, run_and_report, running_options
from .terminal import Swatch, print_swatches


@click.command("detect", context_settings=CONTEXT)
@running_options
@click.option(
    "--score",
    type=click.FloatRange(0, 1),
    default=SCORE,
    show_default=True,
    help="Objects of a lower score are left out.",
)
@click.option(
    "--iou",
    type=click.FloatRange(0, 1),
    default=IOU,
    show_default=True,
    help="Of two objects of a class that overlap by more, the better one stays.",
)
@click.option("--classes", help="Only these, by names or values: Tree,Car.")
@click.option(
    "--overlap",
    type=click.IntRange(0),
    help="Pixels that neighbouring tiles share, the length of the longest object; a quarter of a "
    "tile.",
)
@click.option(
    "--head", type=click.Choice(list(HEADS)), help="What the model's output is, if it can't tell."
)
@click.option(
    "--boxes",
    type=click.Choice([coding.value for coding in BoxCoding]),
    help="What the four numbers of a box are.",
)
@click.option("--units", type=click.Choice(list(UNITS)), help="Of boxes: fractions of the tile?")
@click.option("--first-label", type=click.Choice(["0", "1"]), help="1 where 0 is background.")
@click.option(
    "--activation", type=click.Choice(ACTIVATIONS), help="What is still to be done to scores."
)
@click.option(
    "--background",
    type=click.Choice(BACKGROUNDS),
    help="Which of the scores of classes says that there is no object.",
)
@click.option("--masks", type=click.Choice(MASKS), help="What a mask for each object lies over.")
def detect_command(
    asked: Asked,
    score: float,
    iou: float,
    classes: Optional[str],
    overlap: Optional[int],
    head: Optional[str],
    boxes: Optional[str],
    units: Optional[str],
    first_label: Optional[str],
    activation: Optional[str],
    background: Optional[str],
    masks: Optional[str],
) -> None:
    """Find the objects of SCENE with the model of ECD; write them to OUT.

    ECD may be an .emd or .dlpk, too, or a MODEL with its class INFO. OUT is a GeoPackage (.gpkg) in
    the scene's coordinate system, or GeoJSON (.geojson) in WGS 84; a style for QGIS lies beside it
    (.qml). What the model does not tell of its outputs is asked for.

    \b
    Examples:
      dl2ecd detect scene.tif trees.ecd trees.gpkg --score 0.4 --preview trees.png
      dl2ecd detect scene.tif yolo.onnx classes.json cars.geojson --classes Car
    """
    label = None if first_label is None else int(first_label)
    options = DetectOptions(
        asked.bands,
        asked.scale,
        score,
        iou,
        () if classes is None else bands_asked(classes),
        overlap,
        AskedReading(head, boxes, units, label, activation, background, masks),
    )

    def run(messages: Listener) -> Detection:
        return detect(*asked.paths, options=options, messages=messages, **asked.more)

    run_and_report(asked, run, _print_detection)


def _print_detection(done: Detection) -> None:
    print_written(done, counted(done.objects, "object"))
    print_swatches(
        Swatch(None, item.value, f"{item.name}  {_said(item.objects, item.scores)}", item.color)
        for item in done.classes
    )


def _said(objects: int, scores: Optional[Tuple[float, float]]) -> str:
    """A class's number of objects, and their scores."""
    return f"{objects:,}" if scores is None else f"{objects:,} ({scores[0]:.2f} to {scores[1]:.2f})"
