"""``dl2ecd detect``: a scene and an .ecd become a layer of objects."""

from __future__ import annotations

from pathlib import Path
from typing import Optional, Tuple

import click

from ..findings.wording import counted
from ..models.detectors.head import BoxCoding
from ..progress import Listener
from ..running.chips.labeller import FITS
from ..running.detect import detect
from ..running.inputs.bands import bands_asked
from ..running.inputs.model_input import InputOptions
from ..running.label import label
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
from .cluster import EACH, ONE, AskedCluster, check_one_scene, cluster_options, detect_by
from .model_run import Asked, print_written, run_and_report, running_options
from .pixel_bar import PixelBar
from .terminal import Swatch, print_swatches


@click.command("detect", context_settings=CONTEXT)
@running_options
@cluster_options(ONE)
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
    help="How many pixels neighbouring tiles share: give at least the length of the longest object "
    "(a quarter of a tile if not given, or as much as the model's longest anchor).",
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
@click.option(
    "--points",
    metavar="POINTS",
    help="Of a model that gives one class to a picture: look around these points of SCENE.",
)
@click.option(
    "--fit",
    type=click.Choice(FITS),
    help="What to do with pictures of another size than the model's.",
)
@click.pass_context
def detect_command(
    context: click.Context,
    asked: Asked,
    cluster: Optional[AskedCluster],
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
    points: Optional[str],
    fit: Optional[str],
) -> None:
    """Find the objects of SCENE with the model of ECD; write them to OUT.

    SCENE is a raster, or the address of one (http or https). ECD may be an .emd or .dlpk, too, or a
    MODEL with its class INFO. OUT is a GeoPackage (.gpkg) in
    the scene's coordinate system, or GeoJSON (.geojson) in WGS 84; a style for QGIS lies beside it
    (.qml). What the model does not tell of its outputs is asked for.

    A model that gives one class to a picture looks at all pictures of a folder, or around points of
    a scene. OUT may be a table (.csv), too.

    \b
    Examples:
      dl2ecd detect scene.tif trees.ecd trees.gpkg --score 0.4 --preview trees.png
      dl2ecd detect scene.tif yolo.onnx classes.json cars.geojson --classes Car
      dl2ecd detect pictures/ roofs.ecd roofs.csv
      dl2ecd detect scene.tif roofs.ecd roofs.gpkg --points houses.gpkg
    """
    if points is not None or Path(asked.paths[0]).is_dir():
        _refuse_others(context)

        def look(messages: Listener) -> Detection:
            pictures = InputOptions(asked.bands, asked.scale)
            more = {"points": points, "fit": fit, "messages": messages, **asked.running}
            return label(*asked.paths, options=pictures, **more)

        run_and_report(asked, look, _print_labels)
        return
    if fit is not None:
        raise click.UsageError("--fit is for pictures of a folder, and with --points.")
    if cluster is None:
        check_one_scene(asked, EACH)
    first = None if first_label is None else int(first_label)
    options = DetectOptions(
        asked.bands,
        asked.scale,
        score,
        iou,
        () if classes is None else bands_asked(classes),
        overlap,
        AskedReading(head, boxes, units, first, activation, background, masks),
    )

    def run(messages: PixelBar) -> Detection:
        if cluster is not None:
            return detect_by(cluster, asked, options, messages)
        return detect(*asked.paths, options=options, messages=messages, **asked.more)

    run_and_report(asked, run, _print_detection)


#: Options that a folder of pictures, and pictures around points, have in common with objects.
_OF_PICTURES = frozenset(
    (
        "paths",
        "bands",
        "scale",
        "device",
        "trust_model",
        "overwrite",
        "points",
        "fit",
        "form",
        "as_json",
    )
)


def _refuse_others(context: click.Context) -> None:
    """Say which options are of no use where pictures get classes."""
    given = click.core.ParameterSource.COMMANDLINE
    for parameter in context.command.params:
        name = parameter.name or ""
        if name not in _OF_PICTURES and context.get_parameter_source(name) is given:
            raise click.UsageError(
                f"{parameter.opts[0]} is for objects, looked for in one raster at a time; a "
                "folder, and --points, are for models that give one class to a picture."
            )


def _print_labels(done: Detection) -> None:
    print_written(done, counted(done.tiles, "picture"))
    _print_classes(done, "Pictures")


def _print_detection(done: Detection) -> None:
    print_written(done, counted(done.objects, "object"))
    _print_classes(done, "Objects")


def _print_classes(done: Detection, what: str) -> None:
    rows = [
        Swatch(
            None,
            item.value,
            item.name,
            item.color,
            (f"{item.objects:,}", "" if item.scores is None else _span(item.scores)),
        )
        for item in done.classes
    ]
    print_swatches(rows, (what, "Scores"))


def _span(scores: Tuple[float, float]) -> str:
    return f"{scores[0]:.2f} to {scores[1]:.2f}"
