"""Deep learning packages (.dlpk) as they come: unpacked for as long as they are used.

What file managers add (macOS's ``__MACOSX`` and ``._`` files, Windows's ``Thumbs.db``) is no part
of a package: it is neither counted nor unpacked.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, List, Optional, Tuple

from .ecd.paths import inside_path
from .files.output import write_failure
from .files.scratch import scratch_folder
from .findings import Finding, Place
from .findings.passing_folders import named_as_in
from .findings.rules import finding
from .findings.wording import listed, printable, quoted
from .model_file import refusal
from .models import ModelDescription
from .wire.source import ByteSource
from .wire.zip import Archive

_ADDED = frozenset({".ds_store", "thumbs.db", "desktop.ini", "ehthumbs.db"})


@dataclass(frozen=True)
class Package:
    """A package that is unpacked for now.

    Attributes
    ----------
    folder
        Where.
    definition
        The only .emd in it.
    names
        All files, with forward slashes, relative to the folder.
    """

    folder: Path
    definition: Path
    names: Tuple[str, ...]

    def left_out(self, file: str, model: Optional[ModelDescription]) -> List[Finding]:
        """What is said of files that are neither the definition nor the model's."""
        if model is None:
            return []
        parts = {part.location.resolve() for part in model.files}
        kept = {self.definition.resolve(), *parts}
        others = [name for name in self.names if self._at(name).resolve() not in kept]
        readers = [name for name in others if name.lower().endswith(".py")]
        findings = []
        if readers:
            findings.append(
                finding(
                    "package-reader-left-out",
                    f"The package {quoted(file, 400)} brings Python of its own, which an .ecd has "
                    f"no place for: {listed(readers)}.",
                    hint="Put it beside the .ecd: readers look for InferenceFunction there, and a "
                    "package that is exported from the .ecd takes it along again.",
                    where=Place(file=file),
                )
            )
        rest = [name for name in others if name not in readers]
        if rest:
            findings.append(
                finding(
                    "package-file-left-out",
                    f"Further files of the package {quoted(file, 400)} are not part of the model "
                    f"and not in the .ecd: {listed(rest)}.",
                    where=Place(file=file),
                )
            )
        return findings

    def as_in_package(self, item: Finding, file: str) -> Finding:
        """A finding that names the package, not the folder that is gone in a moment."""
        return named_as_in(item, self.folder, file)

    def _at(self, name: str) -> Path:
        return self.folder.joinpath(*name.split("/"))


@contextmanager
def unpacked(source: ByteSource) -> Iterator[Package]:
    """A package, unpacked whole for as long as it is used.

    Raises
    ------
    Dl2EcdError
        When it breaks the rules of archives, holds no or several definitions, or there is no room.
    """
    with ExitStack() as stack:
        try:
            folder = stack.enter_context(scratch_folder(Path(tempfile.gettempdir())))
        except OSError as error:
            reason = printable(error.strerror or str(error))
            raise refusal(
                "output-not-writable",
                f"There is no folder to unpack the package {quoted(source.name, 400)} into: "
                f"{reason}.",
                source.name,
                "Free some space in the folder for temporary files.",
            ) from error
        yield _unpack(source, folder)


def is_added(name: str) -> bool:
    """Whether a file manager put an entry there, and not whoever made the package.

    Examples
    --------
    >>> is_added("__MACOSX/a/._b.emd"), is_added("a/.DS_Store"), is_added("a/b.emd")
    (True, True, False)
    """
    parts = name.split("/")
    return (
        parts[0].upper() == "__MACOSX" or parts[-1].startswith("._") or parts[-1].lower() in _ADDED
    )


def _unpack(source: ByteSource, folder: Path) -> Package:
    archive = Archive(source)
    names = [name for name in archive.names() if not name.endswith("/") and not is_added(name)]
    definitions = [name for name in names if name.lower().endswith(".emd")]
    if len(definitions) != 1:
        which = f": {listed(definitions)}" if definitions else ""
        raise refusal(
            "definition-not-single",
            f"The package {quoted(source.name, 400)} holds {len(definitions)} model definitions "
            f"(.emd){which}; readers take packages with exactly one.",
            source.name,
            "Unpack it and convert the .emd that is meant." if definitions else "",
        )
    for name in names:
        if not inside_path(name):
            raise refusal(
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
            raise refusal(
                "archive-refused",
                f"The package names a file {quoted(name)} where another one needs a folder, or the "
                "other way round.",
                source.name,
            ) from error
        except OSError as error:
            # Nobody knows of the file itself.
            raise write_failure(error, tempfile.gettempdir()) from error
    return Package(folder, folder.joinpath(*definitions[0].split("/")), tuple(names))
