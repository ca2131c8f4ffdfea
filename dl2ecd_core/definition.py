"""A model definition (.emd) or deep learning package (.dlpk) in place of model and class info."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Iterator, List, Optional

from .class_info.definitions import examine_definition, is_definition
from .conversion import Conversion, Inputs, write_conversion
from .ecd.document import REFERENCED
from .ecd.paths import inside_path
from .examination import AnyPath, Examination
from .files.output import write_failure
from .files.scratch import scratch_folder
from .files.stamps import stamps_before
from .findings import Finding, Place, errors_in, in_order
from .findings.errors import ClassInfoError, ConversionRefused, ModelFileError
from .findings.rules import finding
from .findings.wording import printable, quoted
from .fit import check_fit
from .fit.image_input import bands_of
from .json_text import JsonText, read_json
from .models import ModelDescription, inspect_model
from .progress import Listener
from .wire.source import ByteSource
from .wire.zip import Archive, is_archive


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
    packaged
        Whether it came out of a package, so that the model lies there only for now.
    """

    name: str
    text: JsonText
    model: Path
    model_path: str
    packaged: bool


def convert_definition(
    definition: AnyPath,
    ecd: AnyPath,
    *,
    storage: Optional[str] = None,
    strict: bool = False,
    messages: Optional[Listener] = None,
) -> Conversion:
    """Turn an existing .emd or .dlpk into an .ecd; ExtraInfo keeps the whole .emd.

    Parameters
    ----------
    definition
        The .emd, with its model in the same folder or below, or the .dlpk.
    ecd, storage, strict, messages
        As in :func:`~dl2ecd_core.conversion.convert`.

    Raises
    ------
    ConversionRefused
        With all findings, when one of them is an error; nothing is written then.
    Cancelled
        When `messages` says so.
    """
    try:
        with opened(definition) as source:
            before = stamps_before([source.model, definition])
            examination = examine_opened(source)
            if source.packaged and storage == REFERENCED:
                raise ConversionRefused([_not_referenced(source)])
            inputs = Inputs(
                examination,
                [Path(definition)],
                before,
                PurePosixPath(source.model_path).name if source.packaged else None,
            )
            return write_conversion(
                inputs, ecd, storage=storage, strict=strict, listener=messages or Listener()
            )
    except (ModelFileError, ClassInfoError) as error:
        raise ConversionRefused(error.findings) from error


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
    with ByteSource(Path(path), name) as source:
        packaged = is_archive(source)
        if packaged:
            with _unpacked(source) as emd:
                yield _definition(emd, name, packaged=True)
            return
    yield _definition(Path(path), name, packaged=False)


@contextmanager
def _unpacked(source: ByteSource) -> Iterator[Path]:
    """The only definition of a package that is unpacked whole for as long as it is used."""
    with ExitStack() as stack:
        try:
            folder = stack.enter_context(scratch_folder(Path(tempfile.gettempdir())))
        except OSError as error:
            reason = printable(error.strerror or str(error))
            raise _refusal(
                "output-not-writable",
                f"There is no folder to unpack the package {quoted(source.name, 400)} into: "
                f"{reason}.",
                source.name,
                "Free some space in the folder for temporary files.",
            ) from error
        yield _unpack(source, folder)


def _unpack(source: ByteSource, folder: Path) -> Path:
    """Unpack a package whole; the path of its only definition."""
    archive = Archive(source)
    names = [name for name in archive.names() if not name.endswith("/")]
    definitions = [name for name in names if name.lower().endswith(".emd")]
    if len(definitions) != 1:
        raise _refusal(
            "definition-not-single",
            f"The package {quoted(source.name, 400)} holds {len(definitions)} model definitions "
            "(.emd); readers take packages with exactly one.",
            source.name,
        )
    for name in names:
        if not inside_path(name):
            raise _refusal(
                "archive-refused",
                f"The package names a file {quoted(name)}, which not every system can hold.",
                source.name,
            )
        target = folder.joinpath(*name.split("/"))
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as output:
                for piece in archive.chunks(name):
                    output.write(piece)
        except (FileExistsError, NotADirectoryError) as error:
            raise _refusal(
                "archive-refused",
                f"The package names a file {quoted(name)} where another one needs a folder, or the "
                "other way round.",
                source.name,
            ) from error
        except OSError as error:
            raise write_failure(error, target) from error
    return folder.joinpath(*definitions[0].split("/"))


def _refusal(rule: str, message: str, name: str, hint: str = "") -> ConversionRefused:
    return ConversionRefused([finding(rule, message, hint=hint, where=Place(file=name))])


def _definition(emd: Path, name: str, *, packaged: bool) -> Definition:
    text = read_json(emd)
    if errors_in(text.findings):
        raise ClassInfoError(in_order(text.findings))
    root = text.value
    if not isinstance(root, dict) or not is_definition(root):
        if isinstance(root, dict) and "EsriClassifierDefinitionFile" in root:
            raise _refusal(
                "definition-not-found",
                f"{quoted(name, 400)} is an .ecd already.",
                name,
                "Look at it with 'dl2ecd show', or take it elsewhere with 'dl2ecd export'.",
            )
        raise _refusal(
            "definition-not-found",
            f"{quoted(name, 400)} is no model definition: it names neither a Framework nor a "
            "ModelFile.",
            name,
            "Give an .emd or .dlpk; a class information document goes with its model: "
            "dl2ecd convert MODEL CLASS_INFO ECD.",
        )
    model_file = root.get("ModelFile")
    path = _inside(model_file) if isinstance(model_file, str) else None
    if path is None:
        raise _refusal(
            "definition-no-model",
            f"ModelFile of {quoted(name, 400)} is {quoted(str(model_file))}: that is no file in "
            "the definition's own folder.",
            name,
            "Put the model beside the .emd and write its name as ModelFile.",
        )
    return Definition(name, text, emd.parent.joinpath(*path.split("/")), path, packaged)


def _inside(model_file: str) -> Optional[str]:
    r"""ModelFile with forward slashes, as in ``.\model.pb``; None when it leaves the folder."""
    path = model_file.replace("\\", "/")
    while path.startswith("./"):
        path = path[2:]
    return path if inside_path(path) else None


def _not_referenced(source: Definition) -> Finding:
    return finding(
        "definition-not-referenced",
        f"The model lies inside the package {quoted(source.name, 400)}, where an .ecd can't refer "
        "to it.",
        hint="Convert it without --reference.",
        where=Place(file=source.name),
    )
