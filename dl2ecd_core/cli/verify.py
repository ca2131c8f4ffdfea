"""``dl2ecd verify``: whether an .ecd is still what it was made as."""

from __future__ import annotations

import click

from ..ecd.content import Kind
from ..ecd.verification import verify_ecd
from ..findings import errors_in
from ..findings.wording import printable
from . import CONTEXT
from .exit_codes import REFUSED
from .terminal import ProgressBar, print_findings, print_json


@click.command("verify", context_settings=CONTEXT)
@click.argument("ecd")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
@click.pass_context
def verify_command(context: click.Context, ecd: str, as_json: bool) -> None:
    """Check ECD: its schema, that both halves agree, every file's bytes, and the model itself.

    \b
    Examples:
      dl2ecd verify landcover.ecd
      dl2ecd verify landcover.ecd --json
    """
    bar = ProgressBar()
    try:
        content, findings = verify_ecd(ecd, bar)
    finally:
        bar.stop()
    ok = not errors_in(findings)
    if as_json:
        print_json({"ok": ok, "ecd": ecd, "findings": [item.as_dict() for item in findings]})
    else:
        print_findings(findings)
        if ok and content is not None and content.kind is Kind.DEEP_LEARNING:
            click.echo(f"{printable(ecd, 400)} is whole, and the model is what it says.")
    if not ok:
        context.exit(REFUSED)
