"""A model definition (.emd) or deep learning package (.dlpk) in place of model and class info."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Iterator, List, Optional

from .class_info.definitions import examine_definition, is_definition
from .class_info.examination import examine_text
from .conversion import Conversion, Inputs, write_conversion
from .ecd.document import REFERENCED
from .examination import AnyPath, Examination
from .files.plain_files import is_folder
from .files.stamps import stamps_before
from .findings import Finding, Place, errors_in, in_order
from .findings.errors import ClassInfoError, ConversionRefused, ModelFileError
from .findings.rules import finding
from .findings.wording import quoted
from .fit import check_fit
from .fit.image_input import bands_of
from .json_text import JsonText, parse, read_json
from .model_file import model_path_of, refusal
from .models import ModelDescription, inspect_model
from .models.onnx.metadata import carried_class_information
from .packages import Package, unpacked
from .progress import Listener
from .wire.source import ByteSource
from .wire.zip import is_archive


@dataclass(frozen=True)
class Definition:
    """A model definition that was opened.

    Attributes
    ----------
    name
        The path as the user gave it.
    text
        The .emd's JSON.
    model
        Where its model lies.
    model_path
        ModelFile with forward slashes, relative to the .emd.
    package
        What it came out of, so that the model lies there only for now; None for an .emd.
    """

    name: str
    text: JsonText
    model: Path
    model_path: str
    package: Optional[Package]


def convert_definition(
    definition: AnyPath,
    ecd: AnyPath,
    *,
    storage: Optional[str] = None,
    strict: bool = False,
    overwrite: bool = False,
    messages: Optional[Listener] = None,
) -> Conversion:
    """Turn an existing .emd or .dlpk into an .ecd; ExtraInfo keeps the whole .emd.

    An .onnx that an export put class information into stands for both, too.

    Parameters
    ----------
    definition
        The .emd, with its model in the same folder or below, or the .dlpk.
    ecd, storage, strict, overwrite, messages
        As in :func:`~dl2ecd_core.conversion.convert`.

    Raises
    ------
    ConversionRefused
        With all findings, when one of them is an error; nothing is written then.
    Cancelled
        When `messages` says so.
    """
    try:
        carried = _carried(definition)
        if carried is not None:
            before = stamps_before([definition])
            inputs = Inputs(_with_carried(definition, carried), [], before)
            return write_conversion(
                inputs,
                ecd,
                storage=storage,
                strict=strict,
                overwrite=overwrite,
                listener=messages or Listener(),
            )
        with opened(definition) as source:
            before = stamps_before([source.model, definition])
            examination = examine_opened(source)
            if source.package and storage == REFERENCED:
                raise ConversionRefused([_not_referenced(source)])
            inputs = Inputs(
                examination,
                [Path(definition)],
                before,
                PurePosixPath(source.model_path).name if source.package else None,
            )
            return write_conversion(
                inputs,
                ecd,
                storage=storage,
                strict=strict,
                overwrite=overwrite,
                listener=messages or Listener(),
            )
    except (ModelFileError, ClassInfoError) as error:
        raise ConversionRefused(error.findings) from error


def _carried(path: AnyPath) -> Optional[JsonText]:
    """The class information that an exported .onnx carries; None for any other file."""
    if is_folder(path):
        return None
    with ByteSource(Path(path), str(path)) as source:
        text = carried_class_information(source)
    return None if text is None else parse(text, str(path))


def _with_carried(model: AnyPath, text: JsonText) -> Examination:
    """The examination of a model that brings its class information."""
    name = str(model)
    description = inspect_model(model)
    if isinstance(text.value, dict) and is_definition(text.value):
        info = examine_definition(
            text, name, bands=bands_of(description), framework=description.framework
        )
    else:
        info = examine_text(text, name)
    findings = [*info.findings, *description.findings, *check_fit(description, info)]
    return Examination(description, info, tuple(dict.fromkeys(findings)))


def examine_opened(source: Definition) -> Examination:
    """The same examination that a model and its class information get."""
    findings: List[Finding] = []
    model: Optional[ModelDescription] = None
    try:
        model = inspect_model(source.model)
    except ModelFileError as error:
        findings += error.findings
    info = examine_definition(
        source.text,
        source.name,
        bands=bands_of(model) if model is not None else None,
        framework=model.framework if model is not None else "unknown",
    )
    findings = [*info.findings, *findings]
    if model is not None:
        findings += [*model.findings, *check_fit(model, info)]
    if source.package is not None:
        findings = [source.package.as_in_package(item, source.name) for item in findings]
        findings += source.package.left_out(source.name, model)
    return Examination(model, info, tuple(dict.fromkeys(findings)))


@contextmanager
def opened(path: AnyPath) -> Iterator[Definition]:
    """An .emd, or the one inside a package, which is unpacked for as long as it is used.

    Raises
    ------
    Dl2EcdError
        When it can't be read, is no definition, or its model is not where it says.
    """
    name = str(path)
    if Path(path).is_dir():
        _refuse_model(path)
    with ByteSource(Path(path), name) as source:
        if is_archive(source):
            _refuse_model(path)
            with unpacked(source) as package:
                yield _definition(package.definition, name, package)
            return
    yield _definition(Path(path), name, None)


def _refuse_model(path: AnyPath) -> None:
    """Say what is missing where a model was given without its class information."""
    name = str(path)
    try:
        model = inspect_model(path)
        alone = _carried(path) is None
    except ModelFileError:
        return
    raise refusal(
        "definition-not-found",
        f"{quoted(name, 400)} is a model ({model.framework}), not a definition: its class "
        "information is needed, too.",
        name,
        "Give its class information behind the model; 'dl2ecd init MODEL' writes one to fill in. "
        "At classify and detect: SCENE MODEL INFO OUT."
        if alone
        else "It carries its class information: 'dl2ecd convert FILE.onnx FILE.ecd' makes a "
        "definition of both.",
    )


def _definition(emd: Path, name: str, packaged: Optional[Package]) -> Definition:
    text = read_json(emd)
    if errors_in(text.findings):
        if packaged is None:
            _refuse_model(emd)
        raise ClassInfoError(in_order(text.findings))
    root = text.value
    if not isinstance(root, dict) or not is_definition(root):
        if isinstance(root, dict) and "EsriClassifierDefinitionFile" in root:
            raise refusal(
                "definition-not-found",
                f"{quoted(name, 400)} is an .ecd already.",
                name,
                "Look at it with 'dl2ecd show', or take it elsewhere with 'dl2ecd export'.",
            )
        raise refusal(
            "definition-not-found",
            f"{quoted(name, 400)} is no model definition: it names neither a Framework nor a "
            "ModelFile.",
            name,
            "Give an .emd or .dlpk; a class information document goes with its model: "
            "dl2ecd convert MODEL CLASS_INFO ECD.",
        )
    path = model_path_of(emd, text, None if packaged is None else name)
    return Definition(name, text, emd.parent.joinpath(*path.split("/")), path, packaged)


def _not_referenced(source: Definition) -> Finding:
    return finding(
        "definition-not-referenced",
        f"The model lies inside the package {quoted(source.name, 400)}, where an .ecd can't refer "
        "to it.",
        hint="Convert it without --reference.",
        where=Place(file=source.name),
    )
