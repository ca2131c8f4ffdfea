"""``dl2ecd extract``: the model's files out of an .ecd again, or its class information."""

from __future__ import annotations

from pathlib import Path
from typing import List, Sequence

import click

from ..ecd.class_information import class_information_text, write_class_information
from ..ecd.extraction import extract
from ..ecd.reader import read_ecd
from ..findings.errors import Dl2EcdError
from ..findings.wording import printable
from . import CONTEXT
from .dash import STANDARD
from .options import PATH, output_options, overwrite_option
from .reporting import OutputFormat, Result, report, report_beside_output
from .terminal import ProgressBar, print_findings


@click.command("extract", context_settings=CONTEXT)
@click.argument("ecd", type=PATH)
@click.argument("target", type=PATH, metavar="FOLDER | CLASS_INFO")
@click.option(
    "--class-info",
    is_flag=True,
    help="Write the class information alone, to a file or - for standard output.",
)
@overwrite_option
@output_options
def extract_command(
    ecd: str, target: str, class_info: bool, overwrite: bool, output: OutputFormat
) -> None:
    """Put the model's files of ECD into FOLDER, byte for byte, and an .ecd that fits there.

    Moving an .ecd breaks the path to the model in it; the one beside the files is mended. With
    --class-info, the document that the .ecd was made from is written instead.

    \b
    Examples:
      dl2ecd extract landcover.ecd unpacked
      dl2ecd extract landcover.ecd unpacked --overwrite
      dl2ecd extract landcover.ecd classes.json --class-info
    """
    if STANDARD in (ecd, "" if class_info else target):
        raise click.UsageError("Only CLASS_INFO may be -: what is extracted needs names.")
    bar = ProgressBar()
    written: Sequence[Path] = []
    text = ""
    try:
        content = read_ecd(ecd)
        if target == STANDARD:
            text = class_information_text(content)
        elif class_info:
            write_class_information(content, Path(target), overwrite=overwrite)
            written = [Path(target)]
        else:
            written = extract(content, Path(target), overwrite=overwrite, messages=bar)
    except Dl2EcdError as error:
        found = error.findings
        document = {"ok": False, "files": []}
        result = Result(ecd, False, document, found, lambda: print_findings(found))
    else:
        result = _written(ecd, written)
    finally:
        bar.stop()
    if target == STANDARD:
        report_beside_output(result, output, text.encode("ascii"))
    report([result], output)


def _written(ecd: str, written: Sequence[Path]) -> Result:
    files: List[str] = [str(path) for path in written]

    def say() -> None:
        for path in files:
            click.echo(f"Wrote {printable(path, 400)}")

    return Result(ecd, True, {"ok": True, "files": files}, (), say)
