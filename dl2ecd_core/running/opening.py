"""From what a person names to a model that may be run: verified, in a private folder, examined."""

from __future__ import annotations

import os
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Iterator, Optional

from ..definition import examine_opened, opened
from ..ecd.content import Ecd, Kind
from ..ecd.fresh import fresh_ecd
from ..ecd.reader import read_ecd
from ..examination import AnyPath, Examination, examine
from ..files.scratch import scratch_failure, scratch_folder
from ..findings import Finding, Place, in_order, refusing
from ..findings.errors import Cancelled, ConversionRefused
from ..findings.rules import finding
from ..findings.wording import printable, quoted
from ..models import ModelDescription, inspect_model
from ..progress import Listener, Unmeasured
from .extras import RunningRefused

#: What a listener hears until a model runs; it may take long, and has no measure.
PREPARING = "Preparing the model"
_ECD_MARK = b'"EsriClassifierDefinitionFile"'
_HEAD = 4096
_COPY = "a copy of the model"
#: What other readers than ours make of a definition, or of wide values: said when one is written.
_OF_READERS = frozenset(
    (
        "class-value-above-8-bit", "class-value-negative", "class-values-not-indices",
        "inference-function-missing", "model-configuration-unlisted", "no-model-configuration",
        "tile-size-unknown",
    )
)  # fmt: skip


@dataclass(frozen=True)
class OpenedModel:
    """A definition with its model, ready for a session.

    Attributes
    ----------
    ecd
        Classes, bands, and what the document says.
    model
        What the model file says of itself.
    primary
        The model's file, in a folder of its own with its companions and nothing else.
    """

    ecd: Ecd
    model: ModelDescription
    primary: Path

    @property
    def findings(self) -> tuple[Finding, ...]:
        """About the definition and the model."""
        return tuple(dict.fromkeys((*self.ecd.findings, *self.model.findings)))


@contextmanager
def opened_model(
    model: AnyPath, class_info: Optional[AnyPath] = None, listener: Optional[Listener] = None
) -> Iterator[OpenedModel]:
    """A model with its classes, for as long as it is used.

    Parameters
    ----------
    model
        An .ecd, .emd or .dlpk; or a model, when there is `class_info`.
    class_info
        The class information document of a model.

    Raises
    ------
    Dl2EcdError
        With all findings, when one of them is an error: a damaged .ecd, a model that does not fit
        its classes.
    """
    heard = Unmeasured(listener or Listener(), PREPARING)
    if class_info is not None:
        with _private(_fresh(examine(model, class_info), model), heard) as found:
            yield found
    elif is_ecd(model):
        with _private(_runnable(read_ecd(model)), heard) as found:
            yield found
    else:
        with (
            opened(model) as source,
            _private(_fresh(examine_opened(source), model), heard) as found,
        ):
            yield found


def described(model: AnyPath) -> Ecd:
    """What a definition says: an .ecd, .emd or .dlpk, whose model is not made ready to run.

    Raises
    ------
    Dl2EcdError
        As :func:`opened_model`.
    """
    if is_ecd(model):
        return _runnable(read_ecd(model))
    with opened(model) as source:
        return _fresh(examine_opened(source), model)


def is_ecd(path: AnyPath) -> bool:
    """Whether a file is a definition by what it begins with; one that can't be read is none."""
    try:
        with Path(path).open("rb") as file:
            return _ECD_MARK in file.read(_HEAD)
    except OSError:
        return os.fspath(path).lower().endswith(".ecd")


def _fresh(examination: Examination, model: AnyPath) -> Ecd:
    """What an .ecd would say; it is called by the name of what the person gave."""
    findings = in_order(item for item in examination.findings if item.rule not in _OF_READERS)
    if refusing(findings) or examination.model is None:
        raise ConversionRefused(findings)
    ecd = fresh_ecd(examination.model, examination.info, findings)
    return replace(ecd, name=os.fspath(model))


def _runnable(ecd: Ecd) -> Ecd:
    if ecd.kind is Kind.DEEP_LEARNING and ecd.files:
        return ecd
    raise RunningRefused(
        [
            finding(
                "ecd-no-model",
                f"{quoted(ecd.name, 400)} is a classifier definition without a deep-learning "
                "model: there is nothing to run.",
                where=Place(file=ecd.name),
            )
        ]
    )


@contextmanager
def _private(ecd: Ecd, listener: Listener) -> Iterator[OpenedModel]:
    """The model's files in a folder of their own, each as its digest says it is."""
    with ExitStack() as stack:
        try:
            name = stack.enter_context(scratch_folder(Path(tempfile.gettempdir())))
        except OSError as error:
            raise scratch_failure(error, _COPY) from error
        for item in ecd.files:
            target = Path(name, item.path)
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("xb") as copy:
                    for piece in item.chunks():
                        copy.write(piece)
                        if listener.cancelled():
                            raise Cancelled
            except OSError as error:
                raise scratch_failure(error, _COPY) from error
        primary = Path(name, ecd.files[0].path)
        model = inspect_model(primary)
        found = tuple(_elsewhere(model, primary, ecd))
        if refusing(found):
            raise RunningRefused(in_order(found))
        yield OpenedModel(ecd, replace(model, findings=found), primary)


def _elsewhere(model: ModelDescription, primary: Path, ecd: Ecd) -> Iterator[Finding]:
    """Findings of the private copy, which say nothing of where it lies."""
    for item in model.findings:
        where = Place() if item.where is None else item.where
        yield finding(
            item.rule,
            item.message.replace(printable(str(primary), 400), ecd.files[0].path),
            hint=item.hint,
            where=replace(where, file=ecd.name),
        )
