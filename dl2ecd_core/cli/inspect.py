"""``dl2ecd inspect``: what a model file says about itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, List, Mapping, Optional, Tuple

import click

from ..files.digests import sha256_of
from ..findings import Finding, Place, errors_in
from ..findings.errors import ModelFileError
from ..findings.rules import finding
from ..findings.wording import printable, quoted
from ..models import ModelDescription, inspect_model
from . import CONTEXT
from .dash import StandardInput
from .options import PATH, output_options
from .reporting import OutputFormat, Result, report
from .terminal import print_findings, print_model


@click.command("inspect", context_settings=CONTEXT)
@click.argument("models", nargs=-1, required=True, type=PATH, metavar="MODEL...")
@click.option("--sha256", is_flag=True, help="Give the SHA-256 of each file, which takes reading.")
@output_options
def inspect_command(models: Tuple[str, ...], sha256: bool, output: OutputFormat) -> None:
    """Show what each MODEL says about itself: format, inputs, outputs, parameters, files.

    The framework is not needed, and nothing in the model is executed. A MODEL of - is read from
    standard input.

    \b
    Examples:
      dl2ecd inspect landcover.model
      dl2ecd inspect saved_model/ --json
      dl2ecd inspect *.onnx --sha256
    """
    with StandardInput() as given:
        report([_inspected(given, model, sha256) for model in models], output)


def _inspected(given: StandardInput, name: str, sha256: bool) -> Result:
    try:
        model = inspect_model(given.path(name))
    except ModelFileError as error:
        found = given.told(error.findings)
        return Result(name, False, _NOTHING_KNOWN, found, lambda: print_findings(found))
    digests, unread = _digests(model) if sha256 else ({}, None)
    further = () if unread is None else (unread,)
    model = replace(model, findings=given.told((*model.findings, *further)))
    ok = not errors_in(model.findings)

    def say() -> None:
        print_model(model, digests)
        print_findings(model.findings)

    document: Dict[str, Any] = {"ok": ok, **model.as_dict()}
    if sha256:
        document["files"] = [
            {**entry, "sha256": digests.get(entry["path"])} for entry in document["files"]
        ]
    return Result(name, ok, document, model.findings, say)


def _digests(model: ModelDescription) -> Tuple[Mapping[str, str], Optional[Finding]]:
    """Each file's SHA-256, and what kept one from being read."""
    digests: Dict[str, str] = {}
    for part in model.files:
        try:
            digests[part.path] = sha256_of(part.location)
        except OSError as error:
            reason = printable(error.strerror or str(error))
            return digests, finding(
                "file-unreadable",
                f"{quoted(part.path, 400)} can't be read to its end: {reason}.",
                where=Place(file=str(part.location)),
            )
    return digests, None


_EMPTY: List[object] = []
#: The document for a file that can't be read: the same keys.
_NOTHING_KNOWN: Dict[str, object] = {
    "ok": False,
    "format": None,
    "framework": None,
    "framework_version": None,
    "producer": None,
    "inputs": _EMPTY,
    "outputs": _EMPTY,
    "signatures": _EMPTY,
    "parameters": None,
    "padding": None,
    "class_names": _EMPTY,
    "class_values": _EMPTY,
    "detector": None,
    "files": _EMPTY,
}
