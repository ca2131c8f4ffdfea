"""``dl2ecd convert``: the main job."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple, Optional, Tuple

import click

from ..conversion import Conversion, convert
from ..definition import convert_definition
from ..ecd.document import REFERENCED
from ..findings import Finding, errors_in
from ..findings.errors import Dl2EcdError
from ..findings.wording import counted, printable
from ..fit.class_output import find_class_output
from ..json_text import LARGEST_TEXT
from ..pane.proposal import proposed_output
from . import CONTEXT
from .dash import STANDARD, StandardInput
from .options import PATH, output_options, overwrite_any_option
from .reporting import OutputFormat, Result, report
from .terminal import ProgressBar, Swatch, print_findings, print_swatches


@click.command("convert", context_settings=CONTEXT)
@click.argument(
    "paths", nargs=-1, required=True, type=PATH, metavar="MODEL CLASS_INFO [ECD] | DEFINITION ECD"
)
@click.option(
    "--reference",
    is_flag=True,
    help="Leave the model where it is: only its size and digest go into the .ecd.",
)
@click.option("--strict", is_flag=True, help="Refuse for warnings too.")
@overwrite_any_option
@output_options
def convert_command(
    paths: Tuple[str, ...], reference: bool, strict: bool, overwrite: bool, output: OutputFormat
) -> None:
    """Turn MODEL and its CLASS_INFO into the Esri classifier definition ECD.

    Without ECD, it lies beside the model and has its name. A DEFINITION, an existing .emd or
    .dlpk, or an .onnx that was exported with its class information, stands for both. An earlier
    ECD of this tool's is replaced, whole or not at all, any other file only with --overwrite; when
    something does not fit, nothing is written and everything that is wrong is listed. A CLASS_INFO
    of - is read from standard input.

    \b
    Examples:
      dl2ecd convert landcover.model classes.json
      dl2ecd convert landcover.model classes.json landcover.ecd --strict --json
      dl2ecd convert saved_model/ classes.json landcover.ecd --reference
      dl2ecd convert landcover.emd landcover.ecd
    """
    job = _job(paths)
    bar = ProgressBar()
    storage = REFERENCED if reference else None
    with StandardInput() as given:
        try:
            if job.class_info is None:
                done = convert_definition(
                    job.model,
                    job.ecd,
                    storage=storage,
                    strict=strict,
                    overwrite=overwrite,
                    messages=bar,
                )
            else:
                class_info = given.path(job.class_info, most=LARGEST_TEXT + 1)
                done = convert(
                    job.model,
                    class_info,
                    job.ecd,
                    storage=storage,
                    strict=strict,
                    overwrite=overwrite,
                    messages=bar,
                )
        except Dl2EcdError as error:
            result = _refused(job, given.told(error.findings), strict)
        else:
            result = _converted(job, done, given.told(done.findings))
        finally:
            bar.stop()
        report([result], output)


class _Job(NamedTuple):
    """What is to be converted; a definition has no class information of its own."""

    model: str
    class_info: Optional[str]
    ecd: str


def _job(paths: Tuple[str, ...]) -> _Job:
    """What the paths mean: of two, the ending of the second tells.

    Raises
    ------
    click.UsageError
        When they mean nothing.
    """
    if STANDARD in (paths[0], *paths[2:]):
        raise click.UsageError("Only CLASS_INFO may be -: an .ecd names its model by its path.")
    if len(paths) == 3:
        return _Job(*paths)
    if len(paths) == 2:
        first, second = paths
        ending = Path(second).suffix.lower()
        if ending == ".json" or second == STANDARD:
            return _Job(first, second, _proposed(first))
        if ending == ".ecd":
            return _Job(first, None, second)
    raise click.UsageError(
        "Give MODEL and CLASS_INFO (.json) with or without ECD, or a DEFINITION and ECD (.ecd)."
    )


def _proposed(model: str) -> str:
    proposal = proposed_output(str(Path(model).absolute()))
    if proposal is None:
        raise click.UsageError(f"No name can be proposed beside {printable(model, 400)}: give ECD.")
    if Path(model).is_absolute():
        return proposal
    try:
        return os.path.relpath(proposal)
    except ValueError:
        # On Windows D:a.onnx is relative too, to a folder on a drive that may not be this one.
        return proposal


def _refused(job: _Job, findings: Tuple[Finding, ...], strict: bool) -> Result:
    def say() -> None:
        print_findings(findings)
        only_warnings = strict and not errors_in(findings)
        why = ", since --strict refuses for warnings too" if only_warnings else ""
        click.echo(f"Nothing was written{why}.")

    return Result(job.model, False, {"ok": False, "ecd": None}, findings, say)


def _converted(job: _Job, done: Conversion, findings: Tuple[Finding, ...]) -> Result:
    def say() -> None:
        print_findings(findings, conclude=False)
        print_conversion(done)

    return Result(job.model, True, {"ok": True, "ecd": done.ecd}, findings, say)


def print_conversion(done: Conversion) -> None:
    """What was written, with the classes as the .ecd has them."""
    info, model = done.examination.info, done.examination.model
    framework = model.framework if model is not None else info.classifier
    click.echo(
        f"Wrote {printable(done.ecd, 400)}: {framework}, {counted(info.band_count, 'band')}, "
        f"{counted(len(info.classes), 'class', 'classes')}."
    )
    output = model and find_class_output(model, [item.value for item in info.classes])
    first = output.first_index if output else 0
    print_swatches(
        Swatch(index, item.value, item.name, item.color)
        for index, item in enumerate(info.classes, first)
    )
