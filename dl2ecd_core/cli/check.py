"""``dl2ecd check``: everything that is wrong, without writing anything."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import FrozenSet, Tuple

import click

from ..examination import check_model
from ..findings import Finding, errors_in, refusing
from ..findings.wording import quoted
from ..json_text import LARGEST_TEXT
from . import CONTEXT
from .allowing import let_pass, say_allowed
from .dash import STANDARD, StandardInput
from .options import PATH, output_options, strict_options
from .pairs import document_names, pairs_of, pairs_of_changed
from .reporting import OutputFormat, Result, report
from .terminal import command_line, print_findings


@click.command("check", context_settings=CONTEXT)
@click.argument(
    "paths", nargs=-1, required=True, type=PATH, metavar="MODEL... CLASS_INFO | MODEL..."
)
@click.option(
    "--beside",
    is_flag=True,
    help="The paths are models and documents beside them in any order, as pre-commit gives them.",
)
@strict_options
@output_options
def check_command(
    paths: Tuple[str, ...],
    beside: bool,
    strict: bool,
    allowed: FrozenSet[str],
    output: OutputFormat,
) -> None:
    """Say what is wrong with each MODEL and its CLASS_INFO; write nothing.

    Without CLASS_INFO, the document lies beside each model: landcover.model.json, landcover.json,
    or landcover_classes.json as init names it. One path may be -, standard input.

    \b
    Examples:
      dl2ecd check landcover.model classes.json
      dl2ecd check landcover.model classes.json --strict --allow no-model-configuration
      dl2ecd check models/*.onnx --format github
    """
    pairs = pairs_of_changed(paths) if beside else pairs_of(paths)
    if not pairs and output is OutputFormat.TEXT:
        click.echo("None of these is a model or the document of a model beside it.")
    if (STANDARD, STANDARD) in pairs:
        raise click.UsageError("Standard input can't be both the model and its class information.")
    with StandardInput() as given:
        results = []
        for model, class_info in pairs:
            at = given.path(class_info, most=LARGEST_TEXT + 1)
            findings = given.told(check_model(given.path(model), at))
            if class_info not in paths:
                findings = tuple(_none_beside(item, model, class_info) for item in findings)
            results.append(_result(model, findings, strict, allowed))
        report(results, output, allowed=allowed if strict else ())


def _none_beside(item: Finding, model: str, looked_for: str) -> Finding:
    """A finding; that there is no document says where one may lie, if nobody named any."""
    if item.rule != "file-not-found" or item.where.file != looked_for:
        return item
    *names, last = (quoted(Path(name).name) for name in document_names(model))
    wanted = f"{', '.join(names)} or {last}" if names else last
    return replace(
        item,
        message=f"There is no class information beside {quoted(model, 400)}, as {wanted}.",
        hint="Give it behind the model, or write one to fill in: "
        + command_line("dl2ecd", "init", model),
    )


def _result(
    model: str, findings: Tuple[Finding, ...], strict: bool, allowed: FrozenSet[str]
) -> Result:
    stopping, passed = let_pass(refusing(findings, strict=strict), allowed)
    warnings = refusing(findings, strict=True)

    def say() -> None:
        print_findings(findings, conclude=False)
        say_allowed(passed)
        if errors_in(findings):
            click.echo("A conversion would be refused.")
        elif stopping:
            click.echo("A conversion with --strict would be refused.")
        elif warnings:
            click.echo("A conversion would go through, with these warnings.")
        else:
            click.echo("The model and its class information go together.")

    document = {"ok": not stopping, "ecd": None, "allowed": passed}
    return Result(model, not stopping, document, findings, say)
