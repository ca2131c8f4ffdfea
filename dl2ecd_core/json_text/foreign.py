"""Files of other kinds that are given where a JSON text belongs."""

from __future__ import annotations

import re
from typing import Optional, Tuple

from ..findings import Finding, Place
from ..findings.rules import finding

# Signatures as the formats' specifications give them.
_SIGNATURES: Tuple[Tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "a ZIP archive (which model files and .dlpk packages are, too)"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file, such as a Keras model"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"{\\rtf", "a rich text (RTF) document"),
    (b"version https://git-lfs.github.com/spec/", "a Git LFS pointer, not the file itself"),
)
_WEB_PAGE = re.compile(rb"\s*(?:<!doctype html|<html|<head)", re.IGNORECASE)
_XML = re.compile(rb"\s*<[?!A-Za-z]")
_STRANGE = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
_LOOKED_AT = 4096


def not_json(data: bytes, file: Optional[str]) -> Optional[Finding]:
    """What the file is instead of a JSON text, where that is plain to see."""
    start = data[:_LOOKED_AT]
    kind = _kind_of(start)
    if kind is None:
        return None
    hint = "Check that the right file was chosen."
    if "model" in kind:
        hint = (
            "Check that the right file was chosen: a model and its documents are easily mixed up."
        )
    if "Git LFS" in kind:
        hint = "Run 'git lfs pull' in the repository, or download the file from its web page."
    return finding(
        "document-not-json",
        f"This is {kind}, not a JSON text.",
        hint=hint,
        where=Place(file=file, offset=0),
    )


def _kind_of(start: bytes) -> Optional[str]:
    for signature, kind in _SIGNATURES:
        if start.startswith(signature):
            return kind
    text = start[3:] if start.startswith(b"\xef\xbb\xbf") else start
    if _WEB_PAGE.match(text):
        return "a web page (a download probably saved an error or sign-in page)"
    if _XML.match(text):
        return "an XML document"
    if _is_binary(start):
        return "a binary file, such as a model"
    return None


def _is_binary(start: bytes) -> bool:
    """Whether strange bytes abound; UTF-16 and UTF-32 have a NUL in most characters of JSON."""
    if start.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")):
        return False
    if start.lstrip()[:1] in (b"{", b"["):
        return False
    even, odd = start[0::2], start[1::2]
    if min(even.count(0), odd.count(0)) == 0 and max(even.count(0), odd.count(0)) > len(odd) // 2:
        return False
    return len(_STRANGE.findall(start)) * 20 > len(start)
