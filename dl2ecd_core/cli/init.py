"""``dl2ecd init``: a class information document to fill in."""

from __future__ import annotations

from typing import Optional, Sequence

import click

from ..findings.errors import Dl2EcdError
from ..findings.wording import printable
from ..json_text import LARGEST_TEXT
from ..legends import known_kinds
from ..templates import Template, template, write_template
from . import CONTEXT
from .dash import STANDARD, StandardInput
from .options import PATH, output_options, overwrite_option
from .pairs import proposed_document
from .reporting import OutputFormat, Result, report, report_beside_output
from .terminal import print_command, print_findings


@click.command("init", context_settings=CONTEXT)
@click.argument("model", type=PATH)
@click.argument("class_info", required=False, type=PATH)
@click.option(
    "--from",
    "legend",
    metavar="FILE",
    type=PATH,
    help=f"Take class values, names and colors from {known_kinds()}.",
)
@overwrite_option
@output_options
def init_command(
    model: str,
    class_info: Optional[str],
    legend: Optional[str],
    overwrite: bool,
    output: OutputFormat,
) -> None:
    """Write a class information document for MODEL to fill in.

    Bands, batch size, tile size, the number of classes and how pixel values are scaled are taken
    from the model as far as it tells them, and what an .emd says besides from that; names and
    colors are yours to change. Without CLASS_INFO, the document is named after the model and lies
    beside it; - writes it to standard output. A FILE of - is read from standard input.

    \b
    Examples:
      dl2ecd init landcover.onnx
      dl2ecd init landcover.model classes.json --overwrite
      dl2ecd init landcover.model --from landcover.qml
    """
    if model == STANDARD:
        raise click.UsageError("MODEL can't be -: give the model's file.")
    target = class_info or proposed_document(model)
    with StandardInput() as given:
        at = None if legend is None else given.path(legend, most=LARGEST_TEXT + 1)
        try:
            if target == STANDARD:
                made = template(model, legend=at)
            else:
                made = write_template(model, target, legend=at, overwrite=overwrite)
        except Dl2EcdError as error:
            found = given.told(error.findings)
            document = {"ok": False, "class_info": None}
            result = Result(model, False, document, found, lambda: print_findings(found))
            content = b""
        else:
            result = _written(model, target, given, made, from_legend=legend is not None)
            content = made.text.encode("utf-8")
    if target == STANDARD:
        report_beside_output(result, output, content)
    report([result], output)


def _written(
    model: str, target: str, given: StandardInput, made: Template, *, from_legend: bool
) -> Result:
    findings = given.told(made.findings)

    def say() -> None:
        print_findings(findings, conclude=False)
        if target == STANDARD:
            return
        if made.scaling_open:
            click.echo(
                "Nothing says how pixel values become what the model takes: add InputScaling if "
                "you know it; else classify and detect ask for --scale."
            )
        click.echo(f"Wrote {printable(target, 400)}. {_to_do(made, from_legend)}, then:")
        print_command("dl2ecd", "check", model, target)

    return Result(model, True, {"ok": True, "class_info": target}, findings, say)


def _to_do(made: Template, from_legend: bool) -> str:
    open_keys = list(made.to_fill_in)
    if from_legend:
        return f"Fill in {_and(open_keys)}, look it over" if open_keys else "Look it over"
    return f"Fill in {_and([*open_keys, 'names', 'colors'])}"


def _and(words: Sequence[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
