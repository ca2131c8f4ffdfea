"""``dl2ecd convert``: the main job."""

from __future__ import annotations

from pathlib import Path
from typing import Optional, Tuple

import click

from ..conversion import Conversion, convert
from ..definition import convert_definition
from ..ecd.document import REFERENCED
from ..findings import Finding, errors_in
from ..findings.errors import Dl2EcdError
from ..findings.wording import counted, printable
from ..fit.class_output import find_class_output
from . import CONTEXT
from .exit_codes import REFUSED
from .terminal import ProgressBar, Swatch, print_findings, print_json, print_swatches


@click.command("convert", context_settings=CONTEXT)
@click.argument("paths", nargs=-1, required=True, metavar="MODEL CLASS_INFO ECD | DEFINITION ECD")
@click.option(
    "--reference",
    is_flag=True,
    help="Leave the model where it is: only its size and digest go into the .ecd.",
)
@click.option("--strict", is_flag=True, help="Refuse for warnings too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
@click.pass_context
def convert_command(
    context: click.Context, paths: Tuple[str, ...], reference: bool, strict: bool, as_json: bool
) -> None:
    """Turn MODEL and its CLASS_INFO into the Esri classifier definition ECD.

    A DEFINITION, an existing .emd or .dlpk, stands for both. An existing ECD is replaced, whole
    or not at all; when something does not fit, nothing is written and everything that is wrong
    is listed.

    \b
    Examples:
      dl2ecd convert landcover.model classes.json landcover.ecd
      dl2ecd convert saved_model/ classes.json landcover.ecd --reference
      dl2ecd convert landcover.model classes.json landcover.ecd --strict --json
      dl2ecd convert landcover.emd landcover.ecd
    """
    bar = ProgressBar()
    try:
        done = _convert(paths, REFERENCED if reference else None, strict, bar)
    except Dl2EcdError as error:
        bar.stop()
        _report(as_json, None, error.findings)
        if not as_json:
            only_warnings = strict and not errors_in(error.findings)
            why = ", since --strict refuses for warnings too" if only_warnings else ""
            click.echo(f"Nothing was written{why}.")
        context.exit(REFUSED)
    finally:
        bar.stop()
    _report(as_json, done, done.findings)


def _convert(
    paths: Tuple[str, ...], storage: Optional[str], strict: bool, bar: ProgressBar
) -> Conversion:
    if len(paths) == 3:
        return convert(*paths, storage=storage, strict=strict, messages=bar)
    if len(paths) == 2:
        if Path(paths[1]).suffix.lower() == ".json":
            raise click.UsageError("The output ECD is missing: give MODEL, CLASS_INFO and ECD.")
        return convert_definition(*paths, storage=storage, strict=strict, messages=bar)
    raise click.UsageError("Give MODEL, CLASS_INFO and ECD, or a DEFINITION and ECD.")


def _report(as_json: bool, done: Optional[Conversion], findings: Tuple[Finding, ...]) -> None:
    if as_json:
        print_json(
            {
                "ok": done is not None,
                "ecd": None if done is None else done.ecd,
                "findings": [item.as_dict() for item in findings],
            }
        )
        return
    print_findings(findings)
    if done is not None:
        print_conversion(done)


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
