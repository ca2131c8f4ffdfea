"""``dl2ecd show``: what an .ecd says."""

from __future__ import annotations

from dataclasses import replace
from typing import Dict, Tuple

import click

from ..ecd.content import Ecd, Kind
from ..ecd.model_beside import check_model_beside
from ..ecd.reader import read_ecd
from ..findings.errors import EcdFileError
from ..findings.wording import counted, printable, shape_text
from . import CONTEXT
from .dash import STANDARD, StandardInput
from .options import PATH, output_options
from .reporting import OutputFormat, Result, report
from .terminal import Swatch, print_findings, print_swatches


@click.command("show", context_settings=CONTEXT)
@click.argument("ecds", nargs=-1, required=True, type=PATH, metavar="ECD...")
@output_options
def show_command(ecds: Tuple[str, ...], output: OutputFormat) -> None:
    """Show what each ECD says: its classes with their colors, and the model.

    The model's bytes are passed over, so this is quick whatever their size. An ECD of - is read
    from standard input.

    \b
    Examples:
      dl2ecd show landcover.ecd
      dl2ecd show landcover.ecd --json
    """
    with StandardInput() as given:
        report([_shown(given, ecd) for ecd in ecds], output)


def _shown(given: StandardInput, name: str) -> Result:
    try:
        read = read_ecd(given.path(name))
    except EcdFileError as error:
        found = given.told(error.findings)
        document = {"ok": False, "ecd": name, "kind": None}
        return Result(name, False, document, found, lambda: print_findings(found))
    beside = () if name == STANDARD else check_model_beside(read)
    ecd = replace(read, name=name, findings=given.told((*read.findings, *beside)))

    def say() -> None:
        _print(ecd)
        print_findings(ecd.findings)

    return Result(name, True, _as_dict(ecd), ecd.findings, say)


def _as_dict(ecd: Ecd) -> Dict[str, object]:
    return {
        "ok": True,
        "ecd": ecd.name,
        "kind": ecd.kind.value,
        "classifier": ecd.classifier,
        "bands": ecd.band_count,
        "background": ecd.background,
        "classes": [
            {
                "index": item.index,
                "value": item.value,
                "name": item.name,
                "color": None if item.color is None else list(item.color),
            }
            for item in ecd.classes
        ],
        "model": dict(ecd.model) or None,
        "storage": ecd.storage,
        "files": [{"path": item.path, "size": item.size} for item in ecd.files],
    }


def _print(ecd: Ecd) -> None:
    bands = "" if ecd.band_count is None else f", {counted(ecd.band_count, 'band')}"
    click.echo(
        f"{printable(ecd.name, 400)}: {printable(ecd.classifier or ecd.kind.value)}{bands}, "
        f"{counted(len(ecd.classes), 'class', 'classes')}"
    )
    print_swatches(Swatch(item.index, item.value, item.name, item.color) for item in ecd.classes)
    if ecd.background is not None:
        click.echo(f"Output {ecd.background} of the model is background.")
    if ecd.kind is not Kind.DEEP_LEARNING:
        return
    click.echo(f"Model: {printable(str(ecd.model.get('Format')))}, {ecd.storage}")
    for word, key in (("input", "Inputs"), ("output", "Outputs")):
        for tensor in ecd.model.get(key, []):
            shape, axes = tensor.get("Shape"), tensor.get("Axes")
            told = f" ({printable(axes)})" if axes else ""
            click.echo(f"  {word} {printable(str(tensor.get('Name')))}: {shape_text(shape)}{told}")
    for item in ecd.files:
        click.echo(f"  {printable(item.path, 400)}: {item.size:,} bytes, SHA-256 {item.sha256}")
