"""What is known of the model and the class information while the dialog is filled in.

Files are read in the background and remembered by path, time of change and size, so that
validation after every keystroke costs next to nothing. The run reads everything again.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Callable, Generic, Hashable, Optional, Tuple, TypeVar

from ..findings import Finding
from .background import Background, Errand
from .speech import surprise

if TYPE_CHECKING:
    from ..class_info import ClassInfo
    from ..models import ModelDescription

#: How long one validation may wait, in seconds; with all around it, it stays below 0.25.
PATIENCE = 0.18

Subject = TypeVar("Subject", covariant=True)


@dataclass(frozen=True)
class Known(Generic[Subject]):
    """What one file turned out to be.

    Attributes
    ----------
    subject
        None when the file can't be read as what it should be.
    surprise
        What to say when reading failed in a way that nobody expected.
    """

    subject: Optional[Subject] = None
    findings: Tuple[Finding, ...] = ()
    surprise: str = ""


@dataclass(frozen=True)
class Examined:
    """What is known at the moment; None stands for "not known yet"."""

    model: Optional[Known[ModelDescription]] = None
    info: Optional[Known[ClassInfo]] = None
    fit: Optional[Known[object]] = None


@dataclass
class _Memory:
    """The last few outcomes."""

    most: int = 6
    kept: OrderedDict[Hashable, Known[object]] = field(default_factory=OrderedDict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def recall(self, key: Hashable, find_out: Callable[[], Known[object]]) -> Known[object]:
        """The outcome under this key, found out when it is not there."""
        with self.lock:
            if key in self.kept:
                self.kept.move_to_end(key)
                return self.kept[key]
        known = find_out()
        with self.lock:
            self.kept[key] = known
            while len(self.kept) > self.most:
                self.kept.popitem(last=False)
        return known


class Examiner:
    """Examines inputs for a dialog."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._memory = _Memory()
        self._background: Background[Known[object]] = Background()

    def examine(self, model: str, info: str) -> Examined:
        """What is known of both files within the time that a dialog may take.

        Parameters
        ----------
        model, info
            Paths; empty where there is nothing to examine.
        """
        deadline = time.monotonic() + self._patience
        errands = [
            self._begin("class information", info, _read_info),
            self._begin("model", model, _read_model),
        ]
        about_info, about_model = (
            None if errand is None else errand.outcome(deadline) for errand in errands
        )
        fit = None
        if about_model is not None and about_info is not None:
            fit = self._compare(about_model, about_info, deadline)
        return Examined(about_model, about_info, fit)  # type: ignore[arg-type]

    def look(
        self, kind: str, path: str, read: Callable[[str], Known[object]]
    ) -> Optional[Known[object]]:
        """What is known of one file within the time that a dialog may take; None when not yet."""
        deadline = time.monotonic() + self._patience
        errand = self._begin(kind, path, read)
        return None if errand is None else errand.outcome(deadline)

    def prepare(self) -> None:
        """Load what examining needs while the person is still choosing files."""
        self._background.begin("prepare", _prepare)

    def _begin(
        self, kind: str, path: str, read: Callable[[str], Known[object]]
    ) -> Optional[Errand[Known[object]]]:
        if not path:
            return None

        def work() -> Known[object]:
            try:
                state = Path(path).stat()
                key = (kind, path, state.st_mtime_ns, state.st_size)
            except FileNotFoundError:
                # ArcGIS says so itself, except where another tool of a model is to make the file.
                return Known()
            except (OSError, ValueError):
                # The reader says why, and nothing is remembered.
                return read(path)
            return self._memory.recall(key, lambda: read(path))

        return self._background.begin((kind, path), work)

    def _compare(
        self, model: Known[object], info: Known[object], deadline: float
    ) -> Optional[Known[object]]:
        if model.subject is None or info.subject is None:
            return Known()
        key = ("fit", id(model), id(info))

        def work() -> Known[object]:
            # Both are kept alive by the outcome, so their ids stay theirs.
            return self._memory.recall(key, lambda: _Fit(None, *_compare(model, info), model, info))

        return self._background.begin(key, work).outcome(deadline)


@dataclass(frozen=True)
class _Fit(Known[object]):
    """The comparison, with what was compared."""

    model: Optional[Known[object]] = None
    info: Optional[Known[object]] = None


def _prepare() -> Known[object]:
    try:
        from .. import class_info, fit, models
        from ..models.registry import readers

        loaded = [fit, class_info, models, list(readers(b""))]
    except Exception as error:
        # Said when a file is examined.
        return Known(surprise=surprise(error, "Loading dl2ecd"))
    return Known(loaded)


def _read_info(path: str) -> Known[object]:
    try:
        from ..class_info import examine_class_info

        info = examine_class_info(path)
    except Exception as error:
        return Known(surprise=surprise(error, "Checking the class information"))
    return Known(info, tuple(info.findings))


def _read_model(path: str) -> Known[object]:
    try:
        from ..findings.errors import ModelFileError
        from ..models import inspect_model

        try:
            model = inspect_model(path)
        except ModelFileError as error:
            return Known(None, error.findings)
    except Exception as error:
        return Known(surprise=surprise(error, "Inspecting the model"))
    return Known(model, tuple(model.findings))


def _compare(model: Known[object], info: Known[object]) -> Tuple[Tuple[Finding, ...], str]:
    try:
        from ..fit import check_fit

        return tuple(check_fit(model.subject, info.subject)), ""  # type: ignore[arg-type]
    except Exception as error:
        return (), surprise(error, "Comparing the model with the class information")


#: The one that all dialogs of a session share.
examiner = Examiner()
