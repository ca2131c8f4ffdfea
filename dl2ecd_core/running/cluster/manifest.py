"""What is done of many scenes: a line for each, so that the next run does what is missing.

Lines are added as maps are done; of several for a map the last one counts, and one that was cut off
does not.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Dict, Mapping, Optional

from ...files.output import whole_file, write_failure
from ...files.replacing import OutputKind
from ...version import __version__

NAME = "manifest.jsonl"
#: In every line.
_MARK = "dl2ecd"
_LONGEST = 1 << 20


def _is_ours(path: Path) -> bool:
    with path.open(encoding="ascii", errors="replace") as file:
        try:
            record = json.loads(file.readline(_LONGEST))
        except ValueError:
            return False
    return isinstance(record, dict) and _MARK in record


MANIFEST = OutputKind("manifest of maps", (".jsonl",), _is_ours)


class Manifest:
    """The manifest of a folder of maps.

    Attributes
    ----------
    records
        The last line for each map, by its name.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._path = folder, folder / NAME
        self.records: Dict[str, Dict[str, Any]] = {}
        self._file: Optional[IO[str]] = None
        try:
            if self._path.exists():
                self._read()
            self._rewrite()
            self._file = self._path.open("a", encoding="ascii")
        except OSError as error:
            raise write_failure(error, self._path) from error

    def _read(self) -> None:
        with self._path.open(encoding="ascii", errors="replace") as lines:
            for line in lines:
                try:
                    record = json.loads(line)
                except ValueError:
                    continue
                if isinstance(record, dict) and isinstance(record.get("map"), str):
                    self.records[record["map"]] = record

    def _rewrite(self) -> None:
        """Each map once, and no line that was cut off."""
        with whole_file(self._path) as file:
            for record in self.records.values():
                file.write(f"{json.dumps(record)}\n".encode("ascii"))

    def unchanged(self, name: str, what: str) -> Optional[Any]:
        """Stamps of the scene when the map that is there was made of it; None where it is not.

        Parameters
        ----------
        what
            A digest of what it would be the result of.
        """
        record = self.records.get(name)
        if record is None or record.get("what") != what:
            return None
        try:
            status = (self._folder / name).stat()
            there = (self._folder / record["item"]).exists()
        except (OSError, KeyError):
            return None
        same = [status.st_size, status.st_mtime_ns] == record.get("written")
        return record.get("stamps") if same and there else None

    def note(self, name: str, record: Mapping[str, Any]) -> None:
        """A map is done."""
        status = (self._folder / name).stat()
        whole = {
            _MARK: __version__,
            "map": name,
            "written": [status.st_size, status.st_mtime_ns],
            **record,
        }
        self.records[name] = whole
        if self._file is None:
            raise ValueError("the manifest is closed")
        try:
            self._file.write(f"{json.dumps(whole)}\n")
            self._file.flush()
        except OSError as error:
            raise write_failure(error, self._path) from error

    def close(self) -> None:
        """No more is noted; of nothing there is no manifest."""
        if self._file is not None:
            # What can't be written any more was said when it was tried.
            with suppress(OSError):
                self._file.close()
            # Nor is there anything to take away where the folder went meanwhile.
            with suppress(OSError):
                if not self._path.stat().st_size:
                    self._path.unlink()
        self._file = None
