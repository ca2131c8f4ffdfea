"""``dl2ecd show``: what an .ecd says."""

from __future__ import annotations

from typing import Dict

import click

from ..ecd.content import Ecd, Kind
from ..ecd.reader import read_ecd
from ..findings.errors import EcdFileError
from ..findings.wording import counted, printable, shape_text
from . import CONTEXT
from .exit_codes import REFUSED
from .terminal import Swatch, print_findings, print_json, print_swatches


@click.command("show", context_settings=CONTEXT)
@click.argument("ecd")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
@click.pass_context
def show_command(context: click.Context, ecd: str, as_json: bool) -> None:
    """Show what ECD says: its classes with their colors, and the model.

    The model's bytes are passed over, so this is quick whatever their size.

    \b
    Examples:
      dl2ecd show landcover.ecd
      dl2ecd show landcover.ecd --json
    """
    try:
        content = read_ecd(ecd)
    except EcdFileError as error:
        if as_json:
            findings = [item.as_dict() for item in error.findings]
            print_json({"ok": False, "ecd": ecd, "kind": None, "findings": findings})
        else:
            print_findings(error.findings)
        context.exit(REFUSED)
    if as_json:
        print_json(_as_dict(content))
        return
    _print(content)
    print_findings(content.findings)


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
        "findings": [item.as_dict() for item in ecd.findings],
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
