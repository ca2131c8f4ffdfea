"""A piece of a file, or bytes taken out of one, read like a file of its own."""

from __future__ import annotations

from typing import Dict

from ..findings.errors import ModelFileError
from .source import ByteSource


class PartSource(ByteSource):
    """The bytes of an archive's entry as a source; closing it leaves the file open.

    Parameters
    ----------
    whole
        The file that holds the part.
    inside
        What the part is called in there, for messages.
    offset, size
        Where it lies in `whole`.
    """

    def __init__(self, whole: ByteSource, inside: str, offset: int, size: int) -> None:
        self.path = whole.path
        self.name = whole.name
        self.inside = inside
        self.size = size
        #: Archives around this part.
        self.level: int = 1 + (whole.level if isinstance(whole, PartSource) else 0)
        self._whole = whole
        self._offset = offset
        self._blocks: Dict[int, bytes] = {}
        self.known = {}

    @property
    def start(self) -> int:
        """Where it begins in the file itself, however many archives lie around it."""
        whole = self._whole
        return self._offset + (whole.start if isinstance(whole, PartSource) else 0)

    def close(self) -> None:
        """Nothing to let go of."""

    def damaged(self, offset: int, what: str, *, hint: str = "") -> ModelFileError:
        """An error that also says in which part the damage is."""
        return self._whole.damaged(
            self._offset + offset, f"Inside {self.inside}: {what}", hint=hint
        )

    def _read_from_file(self, offset: int, length: int) -> bytes:
        return self._whole._read_from_file(self._offset + offset, length)


class MemorySource(PartSource):
    """Bytes in memory as a source: what an archive's entry holds once it is inflated.

    Parameters
    ----------
    offset
        Where the packed bytes lie in `whole`, for messages.
    """

    def __init__(self, whole: ByteSource, inside: str, offset: int, content: bytes) -> None:
        super().__init__(whole, inside, offset, len(content))
        self._content = content

    def damaged(self, offset: int, what: str, *, hint: str = "") -> ModelFileError:
        """An error at the packed bytes: positions in the unpacked ones say nothing to a person."""
        return self._whole.damaged(self._offset, f"Inside {self.inside}: {what}", hint=hint)

    def _read_from_file(self, offset: int, length: int) -> bytes:
        return self._content[offset : offset + length]
