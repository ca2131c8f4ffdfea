"""The model of an .ecd as files, for what reads files only."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Iterable, Iterator, Optional, Tuple

from ..ecd.content import Ecd
from ..ecd.payload import Progress
from ..files.scratch_beside import scratch_beside
from ..findings import Finding
from ..findings.errors import ConversionRefused, Dl2EcdError
from ..findings.passing_folders import named_as_in
from ..findings.wording import printable, quoted
from ..progress import Listener


@dataclass(frozen=True)
class ModelOnDisk:
    """A model's files where they lie, or unpacked for as long as they are needed.

    Attributes
    ----------
    ecd
        The .ecd that names or holds them.
    path
        The first of them.
    unpacked
        The folder that they were unpacked into; None where they lie beside the .ecd.
    """

    ecd: Ecd
    path: Path
    unpacked: Optional[Path] = None

    def told(self, findings: Iterable[Finding]) -> Tuple[Finding, ...]:
        """Findings that name the files as the .ecd does, not where they lie for a moment."""
        folder = self.unpacked
        if folder is None:
            return tuple(findings)
        return tuple(
            self._to_be_extracted(named_as_in(item, folder, self.ecd.name)) for item in findings
        )

    def _to_be_extracted(self, item: Finding) -> Finding:
        """Who has to convert the model needs its file first."""
        if item.rule != "network-format-not-convertible":
            return item
        ecd = quoted(self.ecd.name, 400)
        return replace(item, hint=f"dl2ecd extract {ecd} FOLDER gets it out. {item.hint}".rstrip())


@contextmanager
def model_on_disk(ecd: Ecd, target: Path, listener: Listener) -> Iterator[ModelOnDisk]:
    """The model's files for as long as `target` is made of them.

    Raises
    ------
    Dl2EcdError
        When they can't be read, or there is no room for them in the target's folder.
    """
    paths = [item.source for item in ecd.files if isinstance(item.source, Path)]
    if len(paths) == len(ecd.files):
        yield ModelOnDisk(ecd, paths[0])
        return
    with scratch_beside(target) as folder:
        model = ModelOnDisk(ecd, _unpacked(ecd, folder, listener)[0], folder)
        try:
            yield model
        except Dl2EcdError as error:
            told = model.told(error.findings)
            if told == error.findings or isinstance(error.__cause__, OSError):
                raise
            raise ConversionRefused(told) from error


def _unpacked(ecd: Ecd, folder: Path, listener: Listener) -> Tuple[Path, ...]:
    progress = Progress(listener, sum(item.size for item in ecd.files))
    unpacked = []
    for item in ecd.files:
        place = folder.joinpath(*item.path.split("/"))
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("xb") as output:
            for piece in item.chunks():
                output.write(piece)
                progress.advance(len(piece), f"Unpacking {printable(item.path)}")
        unpacked.append(place)
    return tuple(unpacked)
