"""``dl2ecd export``: an .ecd's content in the formats of today."""

from __future__ import annotations

from pathlib import Path
from typing import Optional, Tuple

import click

from ..ecd.content import Ecd
from ..ecd.fresh import fresh_ecd
from ..ecd.reader import read_ecd
from ..examination import examine
from ..exports import FORMATS, export
from ..files.output import check_target
from ..files.stamps import check_unchanged, stamps_before
from ..findings import Finding, in_order, refusing
from ..findings.errors import ConversionRefused, Dl2EcdError
from ..findings.wording import printable
from . import CONTEXT
from .exit_codes import REFUSED
from .terminal import ProgressBar, print_findings, print_json


@click.command(
    "export",
    context_settings=CONTEXT,
    epilog="\b\nFormats:\n" + "\n".join(f"  {name:8} {line}" for name, line in FORMATS.items()),
)
@click.argument("paths", nargs=-1, required=True, metavar="ECD OUT | MODEL CLASS_INFO OUT")
@click.option(
    "--to",
    "format_name",
    required=True,
    type=click.Choice(list(FORMATS)),
    metavar="FORMAT",
    help="One of the formats below.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
@click.pass_context
def export_command(
    context: click.Context, paths: Tuple[str, ...], format_name: str, as_json: bool
) -> None:
    """Write the content of ECD, or of MODEL and CLASS_INFO, in another format.

    An existing OUT is replaced, whole or not at all; a model file is never put over another.

    \b
    Examples:
      dl2ecd export landcover.ecd --to emd landcover.emd
      dl2ecd export landcover.ecd --to qml landcover.qml
      dl2ecd export landcover.onnx classes.json --to stac landcover.json
    """
    if len(paths) not in (2, 3):
        raise click.UsageError("Give ECD and OUT, or MODEL, CLASS_INFO and OUT.")
    *sources, out = paths
    bar = ProgressBar()
    try:
        ecd = read_ecd(sources[0]) if len(sources) == 1 else _examined(*sources)
        check_target(out, [Path(source) for source in sources])
        findings = (*ecd.findings, *export(ecd, format_name, Path(out), bar))
    except Dl2EcdError as error:
        bar.stop()
        _report(as_json, None, error.findings)
        context.exit(REFUSED)
    finally:
        bar.stop()
    _report(as_json, out, findings)


def _examined(model: str, class_info: str) -> Ecd:
    before = stamps_before([model, class_info])
    examination = examine(model, class_info)
    findings = in_order(examination.findings)
    if refusing(findings) or examination.model is None:
        raise ConversionRefused(findings)
    ecd = fresh_ecd(examination.model, examination.info, findings)
    check_unchanged(before)
    return ecd


def _report(as_json: bool, out: Optional[str], findings: Tuple[Finding, ...]) -> None:
    if as_json:
        print_json(
            {
                "ok": out is not None,
                "out": out,
                "findings": [item.as_dict() for item in in_order(findings)],
            }
        )
        return
    print_findings(findings)
    if out is None:
        click.echo("Nothing was written.")
    else:
        click.echo(f"Wrote {printable(out, 400)}")
