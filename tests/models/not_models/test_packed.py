"""Archives and compressed files of other kinds than zip: to be unpacked first."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
from pathlib import Path

import pytest

from dl2ecd_core.findings import Finding
from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models import inspect_model

MODEL = b"a model of some kind, long enough to be packed. " * 9


def refused(folder: Path, content: bytes) -> Finding:
    path = folder / "m.pth"
    path.write_bytes(content)
    with pytest.raises(ModelFileError) as caught:
        inspect_model(path)
    return caught.value.finding


def tar() -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        member = tarfile.TarInfo("inference.pdmodel")
        member.size = len(MODEL)
        archive.addfile(member, io.BytesIO(MODEL))
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (gzip.compress(MODEL, mtime=0), "a gzip file"),
        (bz2.compress(MODEL), "a bzip2 file"),
        (lzma.compress(MODEL), "an xz file"),
        (tar(), "a tar archive"),
        (b"7z\xbc\xaf\x27\x1c\0\4" + MODEL, "a 7z archive"),
        (b"Rar!\x1a\x07\x01\0" + MODEL, "a RAR archive"),
        (b"\x28\xb5\x2f\xfd" + MODEL, "a Zstandard file"),
        (b"\x04\x22\x4d\x18" + MODEL, "an LZ4 file"),
        (b"MSCF\0\0\0\0" + MODEL, "a Windows cabinet"),
        (b"\x1f\x9d" + MODEL, "a file compressed with compress"),
    ],
)
def test_are_named_for_what_they_are(tmp_path: Path, content: bytes, kind: str) -> None:
    item = refused(tmp_path, content)
    assert item.rule == "model-is-packed"
    assert f"is {kind}, not a model" in item.message
    assert "Unpack it" in item.hint


def test_anything_else_is_not_recognised(tmp_path: Path) -> None:
    assert refused(tmp_path, MODEL).rule == "model-not-recognised"
