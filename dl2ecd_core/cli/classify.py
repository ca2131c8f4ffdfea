"""``dl2ecd classify``: a scene and an .ecd become a map."""

from __future__ import annotations

from typing import Optional

import click

from ..findings.wording import pixels_text
from ..progress import Listener
from ..running.building import Options
from ..running.classify import classify
from ..running.maps.report import Classification
from . import CONTEXT
from .cluster import (
    MANY,
    AskedCluster,
    check_one_scene,
    classify_by,
    cluster_options,
    many_classified,
)
from .model_run import Asked, print_written, run_and_report, running_options
from .terminal import Swatch, print_swatches


@click.command("classify", context_settings=CONTEXT)
@running_options
@cluster_options(MANY)
@click.option("--nodata", type=int, help="The value for no data in the map.")
@click.option(
    "--threshold",
    type=float,
    help="Of a model that gives one score: from this probability on, a pixel is of the second "
    "class (0.5 if not given).",
)
@click.option("--probabilities", metavar="RASTER", help="A second raster, one band for each class.")
def classify_command(
    asked: Asked,
    cluster: Optional[AskedCluster],
    nodata: Optional[int],
    threshold: Optional[float],
    probabilities: Optional[str],
) -> None:
    """Classify every pixel of SCENE with the model of ECD; write the map OUT.

    SCENE is a raster, or the address of one (http or https). ECD may be an .emd or .dlpk, too, or a
    MODEL with its class INFO. OUT is a cloud optimised
    GeoTIFF with the classes' values and colors; their names lie beside it (OUT.aux.xml).

    \b
    Examples:
      dl2ecd classify scene.tif landcover.ecd map.tif
      dl2ecd classify scene.tif landcover.onnx classes.json map.tif --scale 'min-max 0 255'
      dl2ecd classify scenes landcover.ecd maps --scheduler local:4
    """
    options = Options(asked.bands, asked.scale, nodata, threshold)
    if cluster is not None:
        classify_by(cluster, asked, options, probabilities, print_classification)
        return
    check_one_scene(asked, many_classified(asked))

    def run(messages: Listener) -> Classification:
        return classify(
            *asked.paths,
            options=options,
            probabilities=probabilities,
            messages=messages,
            **asked.more,
        )

    run_and_report(asked, run, print_classification)


def print_classification(done: Classification) -> None:
    """What was written, and how much of it each class has."""
    value, nothing = done.nodata
    total = max(done.pixels, 1)
    rows = [
        Swatch(None, item.value, item.name, item.color, (f"{item.pixels / total:.1%}",))
        for item in done.classes
    ]
    if done.background is not None:
        others, pixels = done.background
        rows.append(Swatch(None, others, "background", None, (f"{pixels / total:.1%}",)))
    rows.append(Swatch(None, value, "no data", None, (f"{nothing / total:.1%}",)))
    print_written(done, pixels_text(done.pixels))
    print_swatches(rows, ("Share",))
