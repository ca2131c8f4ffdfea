"""What somebody put into a .keras archive where nothing of the kind belongs."""

from __future__ import annotations

import io
import shutil
import zipfile
from pathlib import Path
from typing import Dict, List

import pytest

from dl2ecd_core.findings import Finding
from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models import inspect_model
from tests.conftest import FIXTURES

EVIL = b"\x80\x04cos\nsystem\n\x8c\x04true\x85R."


HEADER = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n"
OBJECTS = b"\x93NUMPY\1\0" + bytes([len(HEADER), 0]) + HEADER + EVIL


def archived(**entries: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return file.getvalue()


def findings_of(folder: Path, entries: Dict[str, bytes]) -> List[Finding]:
    """What is said of a sound model with these entries added."""
    path = folder / "model.keras"
    shutil.copy(FIXTURES / "keras" / "landcover_k3.keras", path)
    with zipfile.ZipFile(path, "a") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return list(inspect_model(path).findings)


def test_folders_and_empty_files_hide_nothing(tmp_path: Path) -> None:
    assert findings_of(tmp_path, {"assets/": b"", "assets/empty.pkl": b"", "a.txt": b"text"}) == []


@pytest.mark.parametrize(
    "entries",
    [
        {"assets/extra.bin": EVIL},
        {"assets/extra.bin": archived(inner=EVIL)},
        {"assets/extra": archived(inner=EVIL)},
        {"assets/odd.dat": EVIL[2:]},  # of protocol 0: no mark
        {"assets/a.npy": OBJECTS},
        {"model.weights.npz": archived(a=OBJECTS)},
    ],
)
def test_a_pickle_is_found_in_archives_in_the_archive(
    tmp_path: Path, entries: Dict[str, bytes]
) -> None:
    findings = findings_of(tmp_path, entries)
    assert any("os.system" in finding.message for finding in findings)


@pytest.mark.parametrize(
    "entries",
    [
        {"extra": archived(inner=archived(innermost=EVIL))},  # too deep
        {"extra": b"PK\x03\x04 but no archive"},
        {"extra.pkl": b"no pickle at all"},
    ],
)
def test_what_cannot_be_looked_into_is_named(tmp_path: Path, entries: Dict[str, bytes]) -> None:
    findings = findings_of(tmp_path, entries)
    assert any(
        finding.rule == "pickle-not-analysed" and finding.where is not None for finding in findings
    )


@pytest.mark.parametrize("comment", [b"", b"behind"])
@pytest.mark.parametrize("wide", [False, True])
def test_a_file_that_is_hdf5_and_an_archive_is_refused(
    tmp_path: Path, comment: bytes, wide: bool
) -> None:
    # Named .keras, Keras takes the archive; named .h5, the HDF5.
    archive = bytearray(archived(a=b"x"))
    end = archive.rfind(b"PK\5\6")
    if wide:
        archive[end:end] = b"PK\6\7" + bytes(16)
    path = tmp_path / "model.keras"
    path.write_bytes((FIXTURES / "keras" / "scenes_tf1.h5").read_bytes() + archive + comment)
    with pytest.raises(ModelFileError, match="ends as an archive"):
        inspect_model(path)


def test_the_mark_of_an_archive_among_weights_is_none(tmp_path: Path) -> None:
    whole = (FIXTURES / "keras" / "scenes_tf1.h5").read_bytes()
    path = tmp_path / "model.h5"
    for behind in (b"PK\5\6", b"PK\5\6" + b"\1" * 18, b"PK\5\6" + bytes(18)):
        path.write_bytes(whole + behind)
        assert inspect_model(path).format == "keras-hdf5"


def test_more_entries_than_any_model_has_are_not_all_looked_into(tmp_path: Path) -> None:
    many = {f"assets/{number}": b"x" for number in range(2100)}
    (finding,) = findings_of(tmp_path, many)
    assert finding.rule == "pickle-not-analysed"
    assert "'assets/" in finding.message
