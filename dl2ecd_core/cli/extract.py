"""``dl2ecd extract``: the model's files out of an .ecd again."""

from __future__ import annotations

from pathlib import Path

import click

from ..ecd.extraction import extract
from ..ecd.reader import read_ecd
from ..findings.errors import Dl2EcdError
from ..findings.wording import printable
from . import CONTEXT
from .exit_codes import REFUSED
from .terminal import ProgressBar, print_findings, print_json


@click.command("extract", context_settings=CONTEXT)
@click.argument("ecd")
@click.argument("folder")
@click.option("--overwrite", is_flag=True, help="Replace files that are there already.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
@click.pass_context
def extract_command(
    context: click.Context, ecd: str, folder: str, overwrite: bool, as_json: bool
) -> None:
    """Put the model's files of ECD into FOLDER, byte for byte, and an .ecd that fits there.

    Moving an .ecd breaks the path to the model in it; the one beside the files is mended.

    \b
    Examples:
      dl2ecd extract landcover.ecd unpacked
      dl2ecd extract landcover.ecd unpacked --overwrite
    """
    bar = ProgressBar()
    try:
        written = extract(read_ecd(ecd), Path(folder), overwrite=overwrite, messages=bar)
    except Dl2EcdError as error:
        bar.stop()
        if as_json:
            findings = [item.as_dict() for item in error.findings]
            print_json({"ok": False, "files": [], "findings": findings})
        else:
            print_findings(error.findings)
        context.exit(REFUSED)
    finally:
        bar.stop()
    if as_json:
        print_json({"ok": True, "files": [str(path) for path in written], "findings": []})
        return
    for path in written:
        click.echo(f"Wrote {printable(str(path), 400)}")
