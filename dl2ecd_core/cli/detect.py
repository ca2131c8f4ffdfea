"""``dl2ecd detect``: a scene and an .ecd become a layer of objects."""

from __future__ import annotations

import os
from typing import Optional, Tuple

import click

from ..findings.errors import Dl2EcdError
from ..findings.wording import counted, printable
from ..models.detectors.head import BoxCoding
from ..running.bands import bands_asked
from ..running.detect import detect
from ..running.memory import limit_memory
from ..running.objects.detector import IOU, SCORE, DetectOptions
from ..running.objects.reading import ACTIVATIONS, HEADS, UNITS, AskedReading
from ..running.objects.report import Detection
from . import CONTEXT, INSIDE
from .classify import refused_result
from .options import PATH, output_options
from .pixel_bar import PixelBar
from .reporting import OutputFormat, Result, report
from .terminal import Swatch, print_findings, print_swatches


@click.command("detect", context_settings=CONTEXT)
@click.argument(
    "paths", nargs=-1, required=True, type=PATH, metavar="SCENE ECD OUT | SCENE MODEL INFO OUT"
)
@click.option("--bands", help="The scene's bands in the model's order: 4,1,2,3 or names.")
@click.option(
    "--scale",
    multiple=True,
    metavar="STEP",
    help="How values become what the model takes: 'min-max 0 255', 'scale 10000', 'none'; several "
    "are done in their order.",
)
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
    "--device", type=click.Choice(["cpu", "cuda", "auto"]), default="cpu", show_default=True
)
@click.option(
    "--trust-model", is_flag=True, help="Run also a model that is a program (TorchScript, .pt2)."
)
@click.option("--overwrite", is_flag=True, help="Replace OUT also where dl2ecd did not write it.")
@output_options
def detect_command(
    paths: Tuple[str, ...],
    bands: Optional[str],
    scale: Tuple[str, ...],
    score: float,
    iou: float,
    classes: Optional[str],
    overlap: Optional[int],
    head: Optional[str],
    boxes: Optional[str],
    units: Optional[str],
    first_label: Optional[str],
    activation: Optional[str],
    device: str,
    trust_model: bool,
    overwrite: bool,
    output: OutputFormat,
) -> None:
    """Find the objects of SCENE with the model of ECD; write them to OUT.

    ECD may be an .emd or .dlpk, too, or a MODEL with its class INFO. OUT is a GeoPackage (.gpkg) in
    the scene's coordinate system, or GeoJSON (.geojson) in WGS 84; a style for QGIS lies beside it
    (.qml). What the model does not tell of its outputs is asked for.

    \b
    Examples:
      dl2ecd detect scene.tif trees.ecd trees.gpkg --score 0.4
      dl2ecd detect scene.tif yolo.onnx classes.json cars.geojson --classes Car
    """
    if len(paths) not in (3, 4):
        raise click.UsageError("Give SCENE, ECD and OUT, or SCENE, MODEL, INFO and OUT.")
    if INSIDE in os.environ and device == "cpu":
        limit_memory()
    label = None if first_label is None else int(first_label)
    bar = PixelBar()
    try:
        done = detect(
            paths[0],
            paths[1],
            paths[-1],
            class_info=paths[2] if len(paths) == 4 else None,
            options=DetectOptions(
                None if bands is None else bands_asked(bands),
                scale,
                score,
                iou,
                () if classes is None else bands_asked(classes),
                overlap,
                AskedReading(head, boxes, units, label, activation),
            ),
            device=device,
            trusted=trust_model,
            overwrite=overwrite,
            messages=bar,
        )
    except Dl2EcdError as error:
        result = refused_result(paths[0], error.findings)
    else:
        result = _detected(paths[0], done)
    finally:
        bar.stop()
    report([result], output)


def _detected(scene: str, done: Detection) -> Result:
    def say() -> None:
        print_findings(done.findings, conclude=False)
        click.echo(
            f"Wrote {printable(done.layer, 400)}: {counted(done.objects, 'object')} in "
            f"{done.seconds:.1f} s by {done.runtime}."
        )
        print_swatches(
            Swatch(None, item.value, f"{item.name}  {_said(item.objects, item.scores)}", item.color)
            for item in done.classes
        )

    return Result(scene, True, {"ok": True, **done.as_dict()}, done.findings, say)


def _said(objects: int, scores: Optional[Tuple[float, float]]) -> str:
    """A class's number of objects, and their scores."""
    return f"{objects:,}" if scores is None else f"{objects:,} ({scores[0]:.2f} to {scores[1]:.2f})"
