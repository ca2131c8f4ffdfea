"""``dl2ecd verify``: whether an .ecd is still what it was made as."""

from __future__ import annotations

from typing import FrozenSet, Tuple

import click

from ..ecd.content import Kind
from ..ecd.model_beside import BESIDE
from ..ecd.verification import verify_ecd
from ..findings import refusing
from ..findings.wording import printable
from . import CONTEXT
from .allowing import let_pass, say_allowed
from .dash import STANDARD, StandardInput
from .options import PATH, output_options, strict_options
from .reporting import OutputFormat, Result, report
from .terminal import ProgressBar, print_findings


@click.command("verify", context_settings=CONTEXT)
@click.argument("ecds", nargs=-1, required=True, type=PATH, metavar="ECD...")
@strict_options
@output_options
def verify_command(
    ecds: Tuple[str, ...], strict: bool, allowed: FrozenSet[str], output: OutputFormat
) -> None:
    """Check each ECD: its schema, that both halves agree, every file's bytes, the model itself.

    An ECD of - is read from standard input.

    \b
    Examples:
      dl2ecd verify landcover.ecd
      dl2ecd verify *.ecd --strict --json
    """
    with StandardInput() as given:
        results = [_verified(given, ecd, strict, allowed) for ecd in ecds]
        report(results, output, allowed=allowed if strict else ())


def _verified(given: StandardInput, name: str, strict: bool, allowed: FrozenSet[str]) -> Result:
    bar = ProgressBar()
    try:
        content, found = verify_ecd(given.path(name), bar)
    finally:
        bar.stop()
    # What comes from a pipe has no place beside which anything could lie.
    known = found if name != STANDARD else [item for item in found if item.rule != BESIDE]
    findings = given.told(known)
    stopping, passed = let_pass(refusing(findings, strict=strict), allowed)
    ok = not stopping

    def say() -> None:
        print_findings(findings, conclude=False)
        say_allowed(passed)
        if ok and content is not None and content.kind is Kind.DEEP_LEARNING:
            click.echo(f"{printable(name, 400)} is whole, and the model is what it says.")

    return Result(name, ok, {"ok": ok, "ecd": name, "allowed": passed}, findings, say)
