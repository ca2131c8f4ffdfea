"""``dl2ecd fix``: the mended class information, and what changed."""

from __future__ import annotations

from typing import Optional

import click

from ..findings import errors_in
from ..findings.errors import Dl2EcdError
from ..findings.wording import harmless, printable
from ..fixing import Fixed, fixed, write_fixed
from ..json_text import LARGEST_TEXT
from . import CONTEXT
from .dash import STANDARD, StandardInput
from .options import PATH, output_options, overwrite_option
from .reporting import OutputFormat, Result, report, report_beside_output
from .terminal import print_findings

_COLORS = {"+": "green", "-": "red", "@": "cyan"}


@click.command("fix", context_settings=CONTEXT)
@click.argument("class_info", type=PATH)
@click.argument("out", required=False, type=PATH)
@click.option("--in-place", is_flag=True, help="Replace CLASS_INFO by the mended document.")
@overwrite_option
@output_options
def fix_command(
    class_info: str, out: Optional[str], in_place: bool, overwrite: bool, output: OutputFormat
) -> None:
    """Mend what is certain in CLASS_INFO: quotes, commas, comments, encoding, forms of values.

    The changes are shown as a diff; what was right stays byte for byte, and what only its author
    can know is listed. Without OUT nothing is written, and the exit code is 1 when there is
    something to mend. A CLASS_INFO of - is read from standard input, an OUT of - is standard
    output.

    \b
    Examples:
      dl2ecd fix classes.json
      dl2ecd fix classes.json mended.json
      dl2ecd fix classes.json --in-place
    """
    if in_place and (out is not None or class_info == STANDARD):
        raise click.UsageError("--in-place replaces CLASS_INFO itself: give neither OUT nor -.")
    with StandardInput() as given:
        path = given.path(class_info, most=LARGEST_TEXT + 1)
        try:
            if out not in (None, STANDARD) or in_place:
                done = write_fixed(path, out, overwrite=overwrite)
            else:
                done = fixed(path)
        except Dl2EcdError as error:
            found = given.told(error.findings)
            document = {"ok": False, "class_info": None, "changed": False, "diff": ""}
            report([Result(class_info, False, document, found, lambda: print_findings(found))],
                   output)  # fmt: skip
            return
        written = class_info if in_place else out
        result = _result(class_info, written, done, given)
        if out == STANDARD:
            report_beside_output(result, output, done.content)
        report([result], output)


def _result(class_info: str, written: Optional[str], done: Fixed, given: StandardInput) -> Result:
    findings = given.told(done.findings)
    wrong = errors_in(findings)
    diff = done.diff.replace(done.file, class_info)

    def say() -> None:
        for line in diff.splitlines():
            click.secho(harmless(line), fg=_COLORS.get(line[:1]))
        if done.reencoded:
            click.echo("The text becomes UTF-8; its bytes were another encoding's.")
        print_findings(findings, conclude=False)
        click.echo(_conclusion(done, written, class_info, bool(wrong)))

    document = {
        "ok": not wrong and (written is not None or not done.changed),
        "class_info": written,
        "changed": done.changed,
        "diff": diff,
    }
    return Result(class_info, bool(document["ok"]), document, findings, say)


def _conclusion(done: Fixed, written: Optional[str], class_info: str, wrong: bool) -> str:
    rest = " What is listed above only its author can mend." if wrong else ""
    if not done.changed:
        return f"There is nothing that can be mended with certainty.{rest}"
    if written is None:
        return (
            f"Nothing was written: mend it with 'dl2ecd fix {printable(class_info, 400)} OUT' or "
            f"--in-place.{rest}"
        )
    return f"Wrote {printable(written, 400)}.{rest}"
