"""``dl2ecd inspect``: what a model file says about itself."""

from __future__ import annotations

from typing import Dict

import click

from ..findings import errors_in
from ..findings.errors import ModelFileError
from ..models import inspect_model
from . import CONTEXT
from .exit_codes import REFUSED
from .terminal import print_findings, print_json, print_model


@click.command("inspect", context_settings=CONTEXT)
@click.argument("model")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
@click.pass_context
def inspect_command(context: click.Context, model: str, as_json: bool) -> None:
    """Show what MODEL says about itself: format, inputs, outputs, parameters, files.

    The framework is not needed, and nothing in the model is executed.

    \b
    Examples:
      dl2ecd inspect landcover.model
      dl2ecd inspect saved_model/ --json
    """
    try:
        description = inspect_model(model)
    except ModelFileError as error:
        if as_json:
            print_json(_nothing_known(error))
        else:
            print_findings(error.findings)
        context.exit(REFUSED)
    if as_json:
        print_json(description.as_dict())
    else:
        print_model(description)
        print_findings(description.findings)
    if errors_in(description.findings):
        context.exit(REFUSED)


def _nothing_known(error: ModelFileError) -> Dict[str, object]:
    """The document for a file that can't be read: the same keys, and why."""
    return {
        "format": None,
        "framework": None,
        "framework_version": None,
        "producer": None,
        "inputs": [],
        "outputs": [],
        "parameters": None,
        "padding": None,
        "class_names": [],
        "files": [],
        "findings": [item.as_dict() for item in error.findings],
    }
