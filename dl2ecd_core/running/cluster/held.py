"""The model in a worker: it comes once, is held to its digest, and its session is made once.

A worker keeps it in a folder of its own, for its user's eyes only, and lets go of it when the work
is done or two others have come since.
"""

from __future__ import annotations

import json
import shutil
from collections import OrderedDict
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Lock, RLock
from typing import Any, Dict, Iterator, Mapping, Optional, Tuple

from ...files.digests import sha256_of
from ...findings import Finding
from ..bounded import bounded_session
from ..building import Options, classifier_for
from ..classifier import Classifier
from ..objects.detector import DetectOptions, Detector, detector_for
from ..objects.reading import AskedReading
from ..opening import OpenedModel, opened_model
from ..rasters.raster import RasterReader
from ..sessions import Session
from .fits import fit_of

#: Models that a worker holds at once.
_MOST = 2
#: Classifiers of a model: one for each kind of scene, by its bands and type.
_MOST_KINDS = 64


class Missing(Exception):
    """This worker has not been given the model yet."""


class HeldModel:
    """A model that this worker was given.

    Parameters
    ----------
    folder
        That holds the definition, and goes with this.
    name
        Of the definition, for messages.
    """

    def __init__(self, folder: Path, definition: Path, name: str = "") -> None:
        self._folder, self._definition = folder, definition
        self._name = name or definition.name
        self._closing = ExitStack()
        self._lock = RLock()
        self._users, self._unwanted = 0, False
        self._opened: Optional[OpenedModel] = None
        self._sessions: Dict[Tuple[str, bool], Session] = {}
        self._fitted: OrderedDict[str, Any] = OrderedDict()

    @contextmanager
    def used(self) -> Iterator[None]:
        """As long as somebody uses it, it stays."""
        with self._lock:
            self._users += 1
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                self._close_unused()

    def let_go(self) -> None:
        """Close it as soon as nobody uses it."""
        with self._lock:
            self._unwanted = True
            self._close_unused()

    def _close_unused(self) -> None:
        if self._unwanted and not self._users:
            self._closing.close()
            shutil.rmtree(self._folder, ignore_errors=True)

    def opened(self) -> OpenedModel:
        """The definition and the model, verified, in a private folder."""
        with self._lock:
            if self._opened is None:
                opened = self._closing.enter_context(opened_model(self._definition))
                self._opened = replace(opened, ecd=replace(opened.ecd, name=self._name))
            return self._opened

    def session(self, device: str, trusted: bool) -> Session:
        """The one session for this device."""
        with self._lock:
            session = self._sessions.get((device, trusted))
            if session is None:
                opened = self.opened()
                session, _ = bounded_session(opened, device=device, trusted=trusted, workers=1)
                self._closing.callback(session.close)
                self._sessions[device, trusted] = session
            return session

    def classifier(
        self, reader: RasterReader, work: Mapping[str, Any], fit: Optional[Mapping[str, Any]] = None
    ) -> Tuple[Classifier, Tuple[Finding, ...]]:
        """A classifier for scenes of this kind, and what to say of it; found out once.

        Parameters
        ----------
        fit
            What another process found out of its tiles.
        """
        options = Options(**work["options"])
        kind, size = _kind(reader, work), f"{reader.height} x {reader.width}"
        with self._lock:
            # Scenes that are smaller than a tile have tiles of their own.
            found = self._fitted.get(f"{kind} {size}") or self._fitted.get(kind)
            if found is not None and (found[2] == size or _is_large(reader, found[0])):
                return found[0], found[1]
            session = self.session(work["device"], work["trusted"])
            made, said = classifier_for(self.opened(), session, reader, options, fit_of(fit))
            self._keep(kind if _is_large(reader, made) else f"{kind} {size}", (made, said, size))
            return made, said

    def detector(
        self, reader: RasterReader, work: Mapping[str, Any]
    ) -> Tuple[Detector, Tuple[Finding, ...]]:
        """A detector for scenes of this kind, and what to say of it; found out once."""
        reading = AskedReading(**work["options"]["reading"])
        options = DetectOptions(**{**work["options"], "reading": reading})
        kind = _kind(reader, work)
        with self._lock:
            if kind not in self._fitted:
                session = self.session(work["device"], work["trusted"])
                self._keep(kind, detector_for(self.opened(), session, reader, options))
            made: Tuple[Detector, Tuple[Finding, ...]] = self._fitted[kind]
            return made

    def _keep(self, kind: str, made: Any) -> None:
        self._fitted[kind] = made
        while len(self._fitted) > _MOST_KINDS:
            self._fitted.popitem(last=False)


def _kind(reader: RasterReader, work: Mapping[str, Any]) -> str:
    """What a classifier or detector depends on beside the model."""
    return json.dumps([reader.data_type, list(reader.band_names), work["options"], work["device"]])


def _is_large(reader: RasterReader, classifier: Classifier) -> bool:
    """Whether a scene is so large that nothing has to be tried for it: no smaller than a tile."""
    rows, columns = classifier.fitted.rows, classifier.fitted.columns
    return (
        rows.result_size(reader.height) >= rows.output
        and columns.result_size(reader.width) >= columns.output
    )


_HELD: OrderedDict[str, HeldModel] = OrderedDict()
_LOCK = Lock()


def is_held(digest: str) -> bool:
    """Whether this process has a model already."""
    with _LOCK:
        return digest in _HELD


def keep_piece(digest: str, offset: int, piece: bytes, size: int, parent: Path) -> bool:
    """Take a piece of a definition; with the last one it is held.

    Parameters
    ----------
    parent
        The worker's own folder.

    Returns
    -------
    bool
        Whether it is held.

    Raises
    ------
    ValueError
        When the whole is not what its digest says.
    """
    if is_held(digest):
        return True
    folder = parent / f"dl2ecd-{digest[:32]}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    definition = folder / "model.ecd"
    with definition.open("r+b" if offset else "wb") as file:
        file.seek(offset)
        file.write(piece)
        file.truncate()
    if offset + len(piece) < size:
        return False
    if sha256_of(definition) != digest:
        definition.unlink()
        raise ValueError("the model that came is not the one that was sent")
    with _LOCK:
        _HELD[digest] = HeldModel(folder, definition)
        gone = [_HELD.popitem(last=False)[1] for _ in range(len(_HELD) - _MOST)]
    for model in gone:
        model.let_go()
    return True


@contextmanager
def held_model(digest: str) -> Iterator[HeldModel]:
    """The model, for as long as it is used.

    Raises
    ------
    Missing
        When it has not come.
    """
    with ExitStack() as using:
        with _LOCK:
            model = _HELD.get(digest)
            if model is None:
                raise Missing
            _HELD.move_to_end(digest)
            using.enter_context(model.used())
        yield model


def let_go(digest: str) -> None:
    """The work is done."""
    with _LOCK:
        model = _HELD.pop(digest, None)
    if model is not None:
        model.let_go()
