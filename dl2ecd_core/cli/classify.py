"""``dl2ecd classify``: a scene and an .ecd become a map."""

from __future__ import annotations

import os
from typing import Optional, Tuple

import click

from ..findings import Finding
from ..findings.errors import Dl2EcdError
from ..findings.wording import printable
from ..running.bands import bands_asked
from ..running.building import Options
from ..running.classify import classify
from ..running.memory import limit_memory
from ..running.report import Classification
from . import CONTEXT, INSIDE
from .options import PATH, output_options
from .pixel_bar import PixelBar
from .reporting import OutputFormat, Result, report
from .terminal import Swatch, print_findings, print_swatches


@click.command("classify", context_settings=CONTEXT)
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
@click.option("--nodata", type=int, help="The value for no data in the map.")
@click.option("--threshold", type=float, help="Of a single score, as a probability; 0.5.")
@click.option("--probabilities", metavar="RASTER", help="A second raster, one band for each class.")
@click.option("--aoi", metavar="POLYGONS", help="Outside of these polygons is no data.")
@click.option("--preview", metavar="PNG", help="A small picture of the map with its legend.")
@click.option(
    "--device", type=click.Choice(["cpu", "cuda", "auto"]), default="cpu", show_default=True
)
@click.option(
    "--trust-model", is_flag=True, help="Run also a model that is a program (TorchScript, .pt2)."
)
@click.option("--overwrite", is_flag=True, help="Replace OUT also where dl2ecd did not write it.")
@output_options
def classify_command(
    paths: Tuple[str, ...],
    bands: Optional[str],
    scale: Tuple[str, ...],
    nodata: Optional[int],
    threshold: Optional[float],
    probabilities: Optional[str],
    aoi: Optional[str],
    preview: Optional[str],
    device: str,
    trust_model: bool,
    overwrite: bool,
    output: OutputFormat,
) -> None:
    """Classify every pixel of SCENE with the model of ECD; write the map OUT.

    ECD may be an .emd or .dlpk, too, or a MODEL with its class INFO. OUT is a cloud optimised
    GeoTIFF with the classes' values and colors; their names lie beside it (OUT.aux.xml).

    \b
    Examples:
      dl2ecd classify scene.tif landcover.ecd map.tif
      dl2ecd classify scene.tif landcover.onnx classes.json map.tif --scale 'min-max 0 255'
    """
    if len(paths) not in (3, 4):
        raise click.UsageError("Give SCENE, ECD and OUT, or SCENE, MODEL, INFO and OUT.")
    if INSIDE in os.environ and device == "cpu":
        limit_memory()
    bar = PixelBar()
    try:
        done = classify(
            paths[0],
            paths[1],
            paths[-1],
            class_info=paths[2] if len(paths) == 4 else None,
            options=Options(
                None if bands is None else bands_asked(bands), scale, nodata, threshold
            ),
            probabilities=probabilities,
            aoi=aoi,
            preview=preview,
            device=device,
            trusted=trust_model,
            overwrite=overwrite,
            messages=bar,
        )
    except Dl2EcdError as error:
        result = refused_result(paths[0], error.findings)
    else:
        result = _classified(paths[0], done)
    finally:
        bar.stop()
    report([result], output)


def refused_result(scene: str, findings: Tuple[Finding, ...]) -> Result:
    def say() -> None:
        print_findings(findings)
        click.echo("Nothing was written.")

    return Result(scene, False, {"ok": False}, findings, say)


def _classified(scene: str, done: Classification) -> Result:
    def say() -> None:
        print_findings(done.findings, conclude=False)
        print_classification(done)

    return Result(scene, True, {"ok": True, **done.as_dict()}, done.findings, say)


def print_classification(done: Classification) -> None:
    """What was written, and how much of it each class has."""
    total = sum(item.pixels for item in done.classes) + done.nodata[1]
    click.echo(
        f"Wrote {printable(done.raster, 400)}: {total:,} pixels in {done.seconds:.1f} s by "
        f"{done.runtime}."
    )
    print_swatches(
        Swatch(None, item.value, f"{item.name}  {item.pixels / max(total, 1):.1%}", item.color)
        for item in done.classes
    )
