"""The content of an .ecd that is not written: what the one that is written says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from dl2ecd_core import convert
from dl2ecd_core.demo import CLASS_INFO, MODEL, unpack
from dl2ecd_core.ecd.content import Kind
from dl2ecd_core.ecd.fresh import fresh_ecd
from dl2ecd_core.ecd.reader import read_ecd
from dl2ecd_core.ecd.stored import StoredFile
from dl2ecd_core.examination import examine
from dl2ecd_core.files.stamps import stamp
from dl2ecd_core.findings.rules import finding


def test_it_says_what_the_written_one_says_but_for_the_digests(tmp_path: Path) -> None:
    unpack(tmp_path)
    examined = examine(tmp_path / MODEL, tmp_path / CLASS_INFO)
    assert examined.model is not None
    fresh = fresh_ecd(examined.model, examined.info)
    assert fresh.kind is Kind.DEEP_LEARNING
    assert fresh.name == str((tmp_path / MODEL).with_suffix(".ecd"))
    size = (tmp_path / MODEL).stat().st_size
    model = tmp_path / MODEL
    assert fresh.files == (StoredFile(MODEL, size, None, model, stamp(model)),)

    convert(tmp_path / MODEL, tmp_path / CLASS_INFO, fresh.name, storage="referenced")
    written = read_ecd(fresh.name)
    for entry in written.model["Files"]:
        del entry["SHA256"]
    assert fresh == replace(written, files=fresh.files)


def test_its_findings_are_those_of_the_examination(tmp_path: Path) -> None:
    unpack(tmp_path)
    examined = examine(tmp_path / MODEL, tmp_path / CLASS_INFO)
    assert examined.model is not None
    assert fresh_ecd(examined.model, examined.info).findings == ()
    note = finding("file-not-found", "There is no such file.")
    assert fresh_ecd(examined.model, examined.info, (note,)).findings == (note,)
