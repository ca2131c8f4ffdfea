"""Archives and compressed files of other kinds than zip, named for what they are."""

from __future__ import annotations

from ...findings.errors import ModelFileError
from ...findings.wording import printable
from ...wire.source import ByteSource

# How they begin, by offset. The formats' own documents: RFC 1952 (gzip), RFC 8878 (Zstandard),
# https://tukaani.org/xz/xz-file-format.txt, https://www.7-zip.org/7z.html (7zFormat.txt),
# https://www.rarlab.com/technote.htm, POSIX.1-2017 pax (tar).
_STARTS = (
    (0, b"\x1f\x8b", "a gzip file"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (0, b"Rar!\x1a\x07", "a RAR archive"),
    (257, b"ustar", "a tar archive"),
    (0, b"BZh", "a bzip2 file"),
    (0, b"\xfd7zXZ\0", "an xz file"),
    (0, b"\x28\xb5\x2f\xfd", "a Zstandard file"),
    (0, b"\x04\x22\x4d\x18", "an LZ4 file"),
    (0, b"MSCF\0\0\0\0", "a Windows cabinet"),
    (0, b"\x1f\x9d", "a file compressed with compress"),
)
_LONGEST_START = 512


def refuse_packed(source: ByteSource) -> None:
    """Say that a file must be unpacked first.

    Raises
    ------
    ModelFileError
        ``model-is-packed``.
    """
    head = source.read_up_to(0, _LONGEST_START)
    for offset, start, kind in _STARTS:
        if head.startswith(start, offset):
            raise ModelFileError(
                "model-is-packed",
                f"'{printable(source.name, 400)}' is {kind}, not a model.",
                hint="Unpack it, with 7-Zip for example, and give the model inside.",
                file=source.name,
                offset=offset,
            )
