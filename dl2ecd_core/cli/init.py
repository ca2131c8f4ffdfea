"""``dl2ecd init``: a class information document to fill in."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List, Optional

import click

from ..ecd.layout import text_of
from ..files.output import check_target, refused, whole_file
from ..findings import in_order
from ..findings.errors import Dl2EcdError
from ..findings.wording import printable
from ..fit.template import class_information_for
from ..legends import known_kinds, read_legend
from ..legends.fitting import completed, findings_about
from ..models import inspect_model
from . import CONTEXT
from .exit_codes import REFUSED
from .terminal import print_findings, print_json


@click.command("init", context_settings=CONTEXT)
@click.argument("model")
@click.argument("class_info", required=False)
@click.option(
    "--from",
    "legend_file",
    metavar="FILE",
    help=f"Take class values, names and colors from {known_kinds()}.",
)
@click.option("--overwrite", is_flag=True, help="Replace an existing CLASS_INFO.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
@click.pass_context
def init_command(
    context: click.Context,
    model: str,
    class_info: Optional[str],
    legend_file: Optional[str],
    overwrite: bool,
    as_json: bool,
) -> None:
    """Write a class information document for MODEL to fill in.

    Bands, batch size and the number of classes are taken from the model; names and colors are
    yours to change. Without CLASS_INFO, the document is named after the model and lies beside it.

    \b
    Examples:
      dl2ecd init landcover.onnx
      dl2ecd init landcover.model classes.json --overwrite
      dl2ecd init landcover.model --from landcover.qml
    """
    target = class_info or _beside(model)
    try:
        description = inspect_model(model)
        inputs = [part.location for part in description.files]
        if legend_file is not None:
            inputs.append(Path(legend_file))
        check_target(target, inputs)
        if Path(target).exists() and not overwrite:
            raise refused(
                "output-exists",
                f"The file '{printable(target, 400)}' exists already.",
                "Give another name, or --overwrite to replace it.",
                target,
            )
        findings = description.findings
        classes: Optional[List[Dict[str, object]]] = None
        if legend_file is not None:
            legend = read_legend(legend_file)
            findings = (*findings, *findings_about(description, legend))
            classes = completed(legend.classes)
        text = text_of(class_information_for(description, classes))
        with whole_file(target) as output:
            output.write(text.encode("ascii"))
    except Dl2EcdError as error:
        if as_json:
            print_json(
                {
                    "ok": False,
                    "class_info": None,
                    "findings": [item.as_dict() for item in error.findings],
                }
            )
        else:
            print_findings(error.findings)
        context.exit(REFUSED)
    if as_json:
        found = [item.as_dict() for item in in_order(findings)]
        print_json({"ok": True, "class_info": target, "findings": found})
        return
    print_findings(findings)
    to_do = "Fill in names and colors" if classes is None else "Look it over"
    click.echo(f"Wrote {printable(target, 400)}. {to_do}, then:")
    click.echo(f"  dl2ecd check {printable(model, 400)} {printable(target, 400)}")


def _beside(model: str) -> str:
    path = Path(model)
    return str(path.with_name(f"{path.stem}_classes.json"))
