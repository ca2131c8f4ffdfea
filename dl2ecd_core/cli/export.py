"""``dl2ecd export``: an .ecd's content in the formats of today."""

from __future__ import annotations

from pathlib import Path
from typing import List, Optional, Tuple

import click

from ..ecd.content import Ecd
from ..ecd.document import SIGNATURE
from ..ecd.fresh import fresh_ecd
from ..ecd.reader import read_ecd
from ..examination import examine
from ..exports import FORMATS, export, placed, usual_ending
from ..exports.onnx import NETWORK, Options, write_model
from ..files.output import check_target
from ..files.replacing import check_replaceable
from ..files.stamps import check_unchanged, stamps_before
from ..findings import Finding, in_order, refusing
from ..findings.errors import ConversionRefused, Dl2EcdError, ModelFileError
from ..findings.wording import printable
from ..json_text import LARGEST_TEXT
from ..wire.source import ByteSource
from . import CONTEXT
from .dash import STANDARD, Output, StandardInput
from .options import PATH, output_options, overwrite_any_option
from .reporting import OutputFormat, Result, report, report_beside_output
from .terminal import ProgressBar, print_findings


@click.command(
    "export",
    context_settings=CONTEXT,
    epilog="\b\nFormats:\n" + "\n".join(f"  {name:8} {line}" for name, line in FORMATS.items()),
)
@click.argument(
    "paths",
    nargs=-1,
    required=True,
    type=PATH,
    metavar="ECD OUT | MODEL CLASS_INFO OUT | MODEL OUT.onnx",
)
@click.option(
    "--to",
    "format_name",
    required=True,
    type=click.Choice(list(FORMATS)),
    metavar="FORMAT",
    help="One of the formats below.",
)
@click.option(
    "--as-onnx",
    is_flag=True,
    help="With emd or dlpk: pack the model's network as ONNX in place of the model, with a file "
    "that runs it in ArcGIS.",
)
@click.option(
    "--axes",
    type=click.Choice(["NCHW"]),
    help="With onnx: give images their channels first, as programs such as Deepness want them.",
)
@click.option("--external", is_flag=True, help="With onnx: put the weights into a file beside it.")
@click.option(
    "--check",
    "reference",
    type=PATH,
    metavar="ARRAYS.npz",
    help="With onnx: run it in ONNX Runtime and compare with arrays that the framework computed; "
    "they are named like inputs and outputs. What differs is not written.",
)
@overwrite_any_option
@output_options
def export_command(
    paths: Tuple[str, ...],
    format_name: str,
    as_onnx: bool,
    axes: Optional[str],
    external: bool,
    reference: Optional[str],
    overwrite: bool,
    output: OutputFormat,
) -> None:
    """Write the content of ECD, or of MODEL and CLASS_INFO, in another format.

    OUT has the format's ending; to a raster's name that of its side file is added. An earlier
    export is replaced, whole or not at all, any other file only with --overwrite; a side file that
    is there keeps what else it holds. An OUT of - is standard output, for formats that lie in one
    file; an ECD or CLASS_INFO of - is standard input. With --to onnx, MODEL may come without
    CLASS_INFO: its network is turned into ONNX, if that can be done exactly.

    \b
    Examples:
      dl2ecd export landcover.ecd --to emd landcover.emd
      dl2ecd export landcover.ecd --to qml landcover.qml
      dl2ecd export landcover.onnx classes.json --to stac landcover.json
      dl2ecd export landcover.caffemodel --to onnx landcover.onnx
      dl2ecd export old.ecd new.dlpk --to dlpk --as-onnx
    """
    if len(paths) not in (2, 3):
        raise click.UsageError("Give ECD and OUT, or MODEL, CLASS_INFO and OUT.")
    if format_name != "onnx" and (axes or external or reference):
        raise click.UsageError("--axes, --external and --check go with --to onnx.")
    if as_onnx and format_name not in _WITH_MODEL:
        raise click.UsageError("--as-onnx goes with --to emd and --to dlpk.")
    options = Options(axes is not None, external, None if reference is None else Path(reference))
    *sources, asked = paths
    out = asked
    if out == STANDARD and format_name in _WITH_FILES:
        raise click.UsageError(f"{format_name} needs a file: the model's files lie beside it.")
    if out != STANDARD:
        out = str(placed(format_name, Path(out)))
    bar = ProgressBar()
    with StandardInput() as given, Output(out, usual_ending(format_name)) as target:
        try:
            if format_name == "onnx" and len(sources) == 1 and not _is_ecd(sources[0]):
                findings = _network(
                    sources[0], target.path, bar, overwrite=overwrite, options=options
                )
            else:
                ecd = _read(given, sources)
                if out != STANDARD:
                    check_target(out, [Path(source) for source in sources])
                to = target.path if out == STANDARD else Path(asked)
                findings = (
                    *ecd.findings,
                    *export(
                        ecd, format_name, to, bar,
                        overwrite=overwrite, as_onnx=as_onnx, options=options,
                    ),
                )  # fmt: skip
        except Dl2EcdError as error:
            findings, done = error.findings, False
        else:
            done = True
        finally:
            bar.stop()
        result = _result(sources[0], out, done, given.told(findings))
        if out == STANDARD:
            report_beside_output(result, output, target.content)
    report([result], output)


#: Exports that put the model's files beside them.
_WITH_FILES = ("emd", "onnx", "stac")
#: Exports that carry the model itself.
_WITH_MODEL = ("emd", "dlpk")
#: So far into a file, an .ecd says that it is one.
_HEAD = 64 * 1024


def _is_ecd(path: str) -> bool:
    """Whether a file's content is an .ecd's and no model's."""
    if path == STANDARD:
        return True
    try:
        with ByteSource(path) as source:
            return SIGNATURE.encode() in source.read_up_to(0, _HEAD)
    except ModelFileError:
        # What is wrong with it, its reader says.
        return False


def _network(
    model: str, target: Path, bar: ProgressBar, *, overwrite: bool, options: Options
) -> Tuple[Finding, ...]:
    """The network of a model without class information."""

    check_replaceable(target, NETWORK, [Path(model)], overwrite=overwrite)
    return write_model(Path(model), target, bar, overwrite=overwrite, options=options)


def _read(given: StandardInput, sources: List[str]) -> Ecd:
    if len(sources) == 1:
        return read_ecd(given.path(sources[0]))
    model, class_info = sources
    return _examined(model, given.path(class_info, most=LARGEST_TEXT + 1))


def _examined(model: str, class_info: str) -> Ecd:
    before = stamps_before([model, class_info])
    examination = examine(model, class_info)
    findings = in_order(examination.findings)
    if refusing(findings) or examination.model is None:
        raise ConversionRefused(findings)
    ecd = fresh_ecd(examination.model, examination.info, findings)
    check_unchanged(before)
    return ecd


def _result(source: str, out: str, done: bool, findings: Tuple[Finding, ...]) -> Result:
    def say() -> None:
        print_findings(findings, conclude=False)
        to = "to standard output" if out == STANDARD else printable(out, 400)
        click.echo(f"Wrote {to}" if done else "Nothing was written.")

    return Result(source, done, {"ok": done, "out": out if done else None}, findings, say)
