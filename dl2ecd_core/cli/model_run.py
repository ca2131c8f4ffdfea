"""What the commands that run a model on a scene have in common: their options and their story."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Dict, Optional, Tuple, TypeVar, Union

import click

from ..findings.errors import Dl2EcdError
from ..findings.wording import printable
from ..running.inputs.bands import Wanted, bands_asked
from ..running.maps.part_file import is_begun
from ..running.maps.report import Classification, Report
from ..running.objects.report import Detection
from ..running.processes.memory import limit_memory
from ..running.processes.own_process import is_own_process
from ..running.rasters.georeference import Extent
from ..running.sessions.devices import CPU
from .options import PATH, output_options
from .pixel_bar import PixelBar
from .reporting import OutputFormat, Result, report
from .run_paths import run_paths
from .stopping import Terminated
from .terminal import print_findings

#: What to do where what is done stays, other than after Ctrl-C.
_GOES_ON = "What is done so far was kept: the same command goes on where it stopped."

_Function = Callable[..., Any]
_Report = TypeVar("_Report", bound=Report)


@dataclass(frozen=True)
class Asked:
    """What a person says to every command that runs a model.

    Attributes
    ----------
    paths
        Scene, model and output.
    output
        How the report is printed.
    """

    paths: Tuple[str, str, str]
    class_info: Optional[str]
    bands: Optional[Wanted]
    scale: Tuple[str, ...]
    device: str
    trusted: bool
    overwrite: bool
    extent: Optional[Extent]
    aoi: Optional[str]
    preview: Optional[str]
    output: OutputFormat

    @property
    def running(self) -> Dict[str, Any]:
        """How the model is run, in the words of the function."""
        return {
            "class_info": self.class_info,
            "device": self.device,
            "trusted": self.trusted,
            "overwrite": self.overwrite,
        }

    @property
    def more(self) -> Dict[str, Any]:
        """What goes on to the function in the same words."""
        return {
            **self.running,
            "extent": self.extent,
            "aoi": self.aoi,
            "preview": self.preview,
        }


def running_options(function: _Function) -> _Function:
    """Arguments and options of a command that runs a model; it gets them as `asked`."""

    @click.argument(
        "paths", nargs=-1, required=True, type=PATH, metavar="SCENE ECD OUT | SCENE MODEL INFO OUT"
    )
    @click.option("--bands", help="The scene's bands in the model's order: 4,1,2,3 or names.")
    @click.option(
        "--scale",
        multiple=True,
        metavar="STEP",
        help="How values become what the model takes, in quotes: 'min-max 0 255' maps these to 0 "
        "and 1, 'scale 10000' divides by 10000, 'none' leaves them; several are done in their "
        "order.",
    )
    @click.option(
        "--extent",
        nargs=4,
        type=float,
        metavar="W S E N",
        help="Only this part of the scene, in its coordinate system.",
    )
    @click.option("--aoi", metavar="POLYGONS", help="Only what lies inside these polygons.")
    @click.option("--preview", metavar="PNG", help="A small picture of the result with its legend.")
    @click.option(
        "--device", type=click.Choice(["cpu", "cuda", "auto"]), default="cpu", show_default=True
    )
    @click.option(
        "--trust-model",
        is_flag=True,
        help="Run also a model that is a program (TorchScript, .pt2).",
    )
    @click.option(
        "--overwrite", is_flag=True, help="Replace OUT also where dl2ecd did not write it."
    )
    @output_options
    @functools.wraps(function)
    def command(
        *,
        paths: Tuple[str, ...],
        bands: Optional[str],
        scale: Tuple[str, ...],
        device: str,
        trust_model: bool,
        overwrite: bool,
        extent: Optional[Extent],
        aoi: Optional[str],
        preview: Optional[str],
        output: OutputFormat,
        **options: Any,
    ) -> Any:
        given = run_paths(paths, bands=bands, scale=scale)
        asked = Asked(
            (given.scene, given.model, given.out),
            given.class_info,
            None if bands is None else bands_asked(bands),
            scale,
            device,
            trust_model,
            overwrite,
            extent,
            aoi,
            preview,
            output,
        )
        return function(asked, **options)

    return command


def run_and_report(
    asked: Asked,
    run: Callable[[PixelBar], _Report],
    say: Callable[[_Report], None],
    unit: str = "rows",
) -> None:
    """Run a model, with a bar for how far it is, and report what came of it.

    Parameters
    ----------
    run
        Does the work.
    say
        Prints what is to be said of the result beside its findings.
    unit
        What the bar counts.
    """
    if asked.device == CPU and is_own_process():
        # As early as that also what reads the scene has a limit.
        limit_memory()
    scene = asked.paths[0]
    bar = PixelBar(unit)
    try:
        done = run(bar)
    except Dl2EcdError as error:
        result = _refused(scene, error)
    except Terminated as ended:
        raise Terminated(_GOES_ON if is_begun(Path(asked.paths[-1])) else "") from ended
    else:
        result = _done(scene, done, say)
    finally:
        bar.stop()
    report([result], asked.output)


def print_written(done: Union[Classification, Detection], what: str) -> None:
    """What was written, what is in it, and by what."""
    click.echo(
        f"Wrote {printable(done.output, 400)}: {what} in {done.seconds:.1f} s by {done.runtime}."
    )
    for path, kind in done.beside:
        click.echo(f"Wrote {printable(path, 400)}: {kind}.")
    click.echo(f"It was made from {done.bands}, scaled by: {printable(done.scaling, 400)}.")


def _refused(scene: str, error: Dl2EcdError) -> Result:
    def say() -> None:
        print_findings(error.findings)
        click.echo("Nothing was written.")

    return Result(scene, False, {"ok": False}, error.findings, say)


def _done(scene: str, done: _Report, say_more: Callable[[_Report], None]) -> Result:
    def say() -> None:
        print_findings(done.findings, conclude=False)
        say_more(done)

    return Result(scene, done.ok, {"ok": done.ok, **done.as_dict()}, done.findings, say)
