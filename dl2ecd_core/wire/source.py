"""A file read by position, in small pieces, and never beyond its end.

Readers ask for the bytes they need; tensors are skipped, so the cost of inspecting a model does
not grow with its weights. Plain reads are used, not memory mapping: a mapped file that shrinks
kills the process.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Dict, Optional, Tuple, Type, Union

from ..files.plain_files import open_plain
from ..findings.errors import ModelFileError
from ..findings.wording import counted, where_missing

# Most reads go from one tensor's head to the next, far away: larger blocks would read in vain.
_BLOCK = 16 * 1024
_BLOCKS_KEPT = 64

#: More than this is never read at once: no format keeps longer pieces outside its tensors.
LONGEST_READ = 32 * 1024 * 1024


class ByteSource:
    """Positioned, bounded, cached reads of one file or of a part of it.

    Parameters
    ----------
    path
        The file to read.
    name
        The path as the user gave it, for messages.

    Raises
    ------
    ModelFileError
        ``file-not-found`` or ``file-unreadable`` when it can't be opened.

    Examples
    --------
    >>> with ByteSource("model.onnx") as source:  # doctest: +SKIP
    ...     source.read(0, 4)
    """

    def __init__(self, path: Union[str, Path], name: Optional[str] = None) -> None:
        self.path = Path(path)
        self.name = str(path) if name is None else name
        try:
            # Unbuffered: the cache below fits positioned reads better.
            self._file: BinaryIO = open_plain(self.path)
            self.size = os.fstat(self._file.fileno()).st_size
        except FileNotFoundError as error:
            raise ModelFileError(
                "file-not-found",
                f"There is no file '{self.name}'.",
                hint=where_missing(self.name),
                file=self.name,
            ) from error
        except OSError as error:
            raise self._unreadable(error) from error
        self._blocks: Dict[int, bytes] = {}
        #: What readers worked out already and others may want again (an archive's directory), by
        #: its class: several formats share one container.
        self.known: Dict[type, object] = {}

    def __enter__(self) -> ByteSource:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _unreadable(self, error: OSError) -> ModelFileError:
        return ModelFileError(
            "file-unreadable",
            f"The file '{self.name}' can't be read: {error.strerror or error}.",
            hint="Check that you may read it and that no other program holds it.",
            file=self.name,
        )

    def damaged(self, offset: int, what: str, *, hint: str = "") -> ModelFileError:
        """An error that says what is wrong at a byte of this file, for the caller to raise."""
        return ModelFileError(
            "model-damaged",
            what,
            hint=hint or "The file is cut short or damaged: fetch or export it again.",
            file=self.name,
            offset=offset,
        )

    def _block(self, number: int) -> bytes:
        block = self._blocks.get(number)
        if block is None:
            if len(self._blocks) >= _BLOCKS_KEPT:
                del self._blocks[next(iter(self._blocks))]
            block = self._read_from_file(number * _BLOCK, min(_BLOCK, self.size - number * _BLOCK))
            self._blocks[number] = block
        return block

    def _read_from_file(self, offset: int, length: int) -> bytes:
        pieces = []
        try:
            self._file.seek(offset)
            while length > 0:
                piece = self._file.read(length)
                if not piece:
                    raise ModelFileError(
                        "file-changed",
                        f"The file '{self.name}' got shorter while it was read.",
                        hint="Wait until nothing writes to it any more and try again.",
                        file=self.name,
                        offset=offset,
                    )
                pieces.append(piece)
                length -= len(piece)
        except OSError as error:
            raise self._unreadable(error) from error
        return b"".join(pieces)

    def read(self, offset: int, length: int, what: str = "data") -> bytes:
        """Exactly `length` bytes from `offset`.

        Raises
        ------
        ModelFileError
            ``model-damaged`` when that is not all inside the file, or is more than
            :data:`LONGEST_READ`.
        """
        number = offset // _BLOCK
        block = self._blocks.get(number)
        inside = offset - number * _BLOCK
        if block is not None and 0 <= length <= len(block) - inside:
            return block[inside : inside + length]
        if offset < 0 or length < 0 or offset + length > self.size:
            raise self.damaged(
                max(0, min(offset, self.size)),
                f"The file ends inside {what}: {counted(length, 'byte')} expected at byte "
                f"{offset}, the file has {self.size}.",
            )
        if length > LONGEST_READ:
            raise ModelFileError(
                "model-too-complex",
                f"{what.capitalize()} at byte {offset} claims {length} bytes, more than the "
                f"{LONGEST_READ} a reader takes at once.",
                file=self.name,
                offset=offset,
            )
        if inside + length <= _BLOCK:
            return self._block(number)[inside : inside + length] if length else b""
        if length > _BLOCK:
            return self._read_from_file(offset, length)
        return self._block(number)[inside:] + self._block(number + 1)[: inside + length - _BLOCK]

    def read_up_to(self, offset: int, length: int) -> bytes:
        """As many bytes from `offset` as the file has, at most `length`."""
        if offset >= self.size:
            return b""
        return self.read(offset, max(0, min(length, self.size - offset)))

    def window(self, offset: int) -> Tuple[bytes, int]:
        """The cached block that holds `offset` and the block's own offset, for tight loops."""
        number = offset // _BLOCK
        return self._block(number), number * _BLOCK

    def unpack(self, layout: str, offset: int, what: str = "data") -> Tuple[Any, ...]:
        """Fixed-size values at `offset`, as :func:`struct.unpack` reads them."""
        return struct.unpack(layout, self.read(offset, struct.calcsize(layout), what))
