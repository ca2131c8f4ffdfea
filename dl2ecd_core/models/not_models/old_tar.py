"""The tar archives of PyTorch before 0.1.10, with pickles between raw numbers.

``legacy_load`` in torch/serialization.py takes any tar archive with ``storages``, ``tensors`` and
``pickle`` in it, wherever they lie. Headers as POSIX has them (ustar, and before): name, size and
kind at bytes 0, 124 and 156 of each, the sum of its bytes at 148.
"""

from __future__ import annotations

from typing import Iterator, List, NamedTuple, Optional

from ...findings.errors import ModelFileError
from ...findings.wording import printable
from ...wire.part import PartSource
from ...wire.pickle import new_budget, walk_pickles
from ...wire.pickle_values import Walk
from ...wire.source import ByteSource
from ..pickles import pickle_findings

_BLOCK = 512
_MOST_MEMBERS = 1000
_PARTS = ("pickle", "storages", "tensors", "sys_info")
#: Members that give the next one another name, and how much of them is looked at.
_RENAMES = b"xgXLK"
_LONGEST_NAME = 64 * 1024


class _Member(NamedTuple):
    name: str
    offset: int
    size: int
    kind: int


def is_tar(source: ByteSource) -> bool:
    """Whether a file begins as a tar archive: PyTorch asks for that before it unpickles."""
    return next(_members(source), None) is not None


def is_old_tar(source: ByteSource) -> bool:
    """Whether a file is a tar archive that PyTorch takes for a model."""
    for member in _members(source):
        if member.name.rpartition("/")[2] in _PARTS:
            return True
        if member.kind in _RENAMES:
            given = source.read_up_to(member.offset, min(member.size, _LONGEST_NAME))
            if any(part.encode() in given for part in _PARTS):
                return True
    return False


def refuse_old_tar(source: ByteSource) -> ModelFileError:
    """An error that names what its pickles would import, for the caller to raise."""
    budget = new_budget()
    walks: List[Walk] = []
    for member in _members(source):
        size = max(0, min(member.size, source.size - member.offset))
        part = PartSource(source, member.name, member.offset, size)
        walks += (
            walk for walk in walk_pickles(part, budget=budget)[0] if not walk.broken or walk.imports
        )
    # Between the pickles lie numbers, and names may be given twice.
    walks.append(Walk(None, 0, problem="its pickles lie between raw numbers, and not all are read"))
    return ModelFileError(
        "model-unsupported",
        f"'{printable(source.name)}' is a tar archive of a PyTorch before 0.1.10, which is not "
        "read.",
        hint="Loading it runs what its author chose to run. If you trust where it comes from, save "
        "its weights again with a newer PyTorch (torch.save of the state dict).",
        file=source.name,
        further=pickle_findings(source, walks),
    )


def _members(source: ByteSource) -> Iterator[_Member]:
    """The members of a tar archive; none when the file is no tar archive."""
    at = 0
    for _ in range(_MOST_MEMBERS):
        header = source.read_up_to(at, _BLOCK)
        size = _number(header[124:136])
        if len(header) < _BLOCK or size is None or size < 0 or not _is_header(header):
            return
        name = header[:100].partition(b"\0")[0].decode("utf-8", "replace")
        yield _Member(name, at + _BLOCK, size, header[156])
        at += _BLOCK + (size + _BLOCK - 1) // _BLOCK * _BLOCK


def _is_header(header: bytes) -> bool:
    """Whether the sum of the bytes is the stated one, counted with or without signs."""
    stated = _number(header[148:156])
    plain = header[:148] + b" " * 8 + header[156:]
    total = sum(plain)
    return stated in (total, total - 256 * sum(byte > 127 for byte in plain))


def _number(field: bytes) -> Optional[int]:
    """Octal digits, or a number in base 256."""
    if field[:1] in (b"\x80", b"\xff"):
        number = int.from_bytes(field[1:], "big")
        return number if field[:1] == b"\x80" else None
    try:
        return int(field.partition(b"\0")[0].strip() or b"0", 8)
    except ValueError:
        return None
