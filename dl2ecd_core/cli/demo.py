"""``dl2ecd demo``: the main job on a small real model that ships with the package."""

from __future__ import annotations

from pathlib import Path

import click

from ..conversion import convert
from ..demo import CLASS_INFO, ECD, MODEL, unpack
from ..findings.errors import Dl2EcdError
from ..findings.wording import printable
from ..models import inspect_model
from ..models.networks import is_lowered
from . import CONTEXT
from .convert import print_conversion
from .dash import STANDARD
from .exit_codes import REFUSED
from .options import PATH
from .terminal import command_line, print_findings, print_model

MAP, PICTURE = "map.tif", "map.png"


@click.command("demo", context_settings=CONTEXT)
@click.argument("folder", required=False, default="dl2ecd-demo", type=PATH)
@click.pass_context
def demo_command(context: click.Context, folder: str) -> None:
    """Put a small land-cover model and its class information into FOLDER and convert them.

    FOLDER is dl2ecd-demo by default. The model was trained with CNTK 2.7 on made-up scenes; the
    demo does the main job on it and shows the commands that do the same. With the extra 'run' it
    also makes such a scene, classifies it, and draws a picture of the map.

    \b
    Example:
      dl2ecd demo
    """
    if folder == STANDARD:
        raise click.UsageError("FOLDER can't be -: give a folder's name.")
    place = Path(folder)
    model, class_info, ecd = place / MODEL, place / CLASS_INFO, place / ECD
    try:
        unpack(place)
        description = inspect_model(model)
        done = convert(model, class_info, ecd)
    except Dl2EcdError as error:
        print_findings(error.findings)
        context.exit(REFUSED)
    _show_command("inspect", str(model))
    print_model(description)
    _show_command("convert", str(model), str(class_info), str(ecd))
    print_findings(done.findings, conclude=False)
    print_conversion(done)
    if is_lowered(description.format):
        _classify(place, ecd, context)
    click.echo()
    click.echo(
        f"Look at {printable(str(class_info), 400)}: it is what you write for your own model."
    )


def _classify(place: Path, ecd: Path, context: click.Context) -> None:
    """Make a scene and a map of it, where what that needs is installed."""
    from ..demo.scene import SCENE, write_scene
    from ..running.classify import classify
    from .classify import print_classification

    scene, raster, picture = place / SCENE, place / MAP, place / PICTURE
    try:
        write_scene(scene)
        words = ["--preview", str(picture)]
        _show_command("classify", str(scene), str(ecd), str(raster), *words)
        done = classify(scene, ecd, raster, preview=picture)
    except Dl2EcdError as error:
        if any(item.rule != "runtime-missing" for item in error.findings):
            print_findings(error.findings)
            context.exit(REFUSED)
        click.echo()
        click.echo("The .ecd can classify a scene here, too: pip install 'dl2ecd[run]'")
        return
    print_classification(done)


def _show_command(*words: str) -> None:
    click.echo(f"$ {command_line('dl2ecd', *words)}")
