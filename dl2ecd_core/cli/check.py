"""``dl2ecd check``: everything that is wrong, without writing anything."""

from __future__ import annotations

import click

from ..examination import check_model
from ..findings import refusing
from . import CONTEXT
from .exit_codes import REFUSED
from .terminal import print_findings, print_json


@click.command("check", context_settings=CONTEXT)
@click.argument("model")
@click.argument("class_info")
@click.option("--strict", is_flag=True, help="Count warnings as wrong too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
@click.pass_context
def check_command(
    context: click.Context, model: str, class_info: str, strict: bool, as_json: bool
) -> None:
    """Say what is wrong with MODEL and its CLASS_INFO; write nothing.

    \b
    Examples:
      dl2ecd check landcover.model classes.json
      dl2ecd check landcover.model classes.json --strict --json
    """
    findings = check_model(model, class_info)
    ok = not refusing(findings, strict=strict)
    if as_json:
        print_json({"ok": ok, "ecd": None, "findings": [item.as_dict() for item in findings]})
    else:
        print_findings(findings)
        together = "The model and its class information go together."
        click.echo(together if ok else "A conversion would be refused.")
    if not ok:
        context.exit(REFUSED)
