"""Files are examined in the background, once for each state they are in."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import List

import pytest

import dl2ecd_core.class_info
import dl2ecd_core.fit
import dl2ecd_core.models
from dl2ecd_core.demo import CLASS_INFO, MODEL, unpack
from dl2ecd_core.pane.preview import Examiner


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    unpack(tmp_path)
    return tmp_path


@pytest.fixture
def patient() -> Examiner:
    return Examiner(patience=10)


def rules(known: object) -> List[str]:
    return [item.rule for item in known.findings]  # type: ignore[attr-defined]


def test_nothing_to_examine(patient: Examiner) -> None:
    examined = patient.examine("", "")
    assert (examined.model, examined.info, examined.fit) == (None, None, None)


def test_both_files_and_how_they_fit(patient: Examiner, demo: Path) -> None:
    info = demo / CLASS_INFO
    document = json.loads(info.read_text(encoding="utf-8"))
    info.write_text(json.dumps({**document, "NumberRasterBands": 7}), encoding="utf-8")
    examined = patient.examine(str(demo / MODEL), str(info))
    assert examined.model is not None
    assert examined.model.subject.format == "cntk-v2"
    assert "band-count-mismatch" in rules(examined.fit)


def test_a_file_that_cant_be_read_says_why(patient: Examiner, demo: Path) -> None:
    (demo / "page.model").write_text("<!DOCTYPE html><html></html>", encoding="utf-8")
    examined = patient.examine(str(demo / "page.model"), str(demo / CLASS_INFO))
    assert rules(examined.model) == ["model-is-web-page"]
    assert rules(examined.fit) == []


def test_a_file_that_is_yet_to_be_made_is_no_problem(patient: Examiner, demo: Path) -> None:
    # In ModelBuilder another tool may make it; where none does, ArcGIS says that it is missing.
    for model, info in (("no.model", "no.json"), ("no.model", CLASS_INFO), (MODEL, "no.json")):
        examined = patient.examine(str(demo / model), str(demo / info))
        assert rules(examined.fit) == []
        if model != MODEL:
            assert rules(examined.model) == []
        if info != CLASS_INFO:
            assert rules(examined.info) == []


def test_loading_beforehand_says_nothing_even_when_it_fails(
    patient: Examiner, demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import dl2ecd_core.models.registry

    def fail() -> None:
        raise ImportError("no reader")

    monkeypatch.setattr(dl2ecd_core.models.registry, "readers", fail)
    patient.prepare()
    assert patient.examine("", str(demo / CLASS_INFO)).info.surprise == ""


def test_a_file_is_read_once_until_it_changes(
    patient: Examiner, demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = dl2ecd_core.class_info.examine_class_info
    compare = dl2ecd_core.fit.check_fit
    seen: List[str] = []
    monkeypatch.setattr(
        dl2ecd_core.class_info,
        "examine_class_info",
        lambda path: (seen.append("info"), read(path))[1],
    )
    monkeypatch.setattr(
        dl2ecd_core.fit, "check_fit", lambda *both: (seen.append("fit"), compare(*both))[1]
    )
    info = demo / CLASS_INFO
    for _ in range(5):
        patient.examine(str(demo / MODEL), str(info))
    assert seen == ["info", "fit"]
    info.write_text(info.read_text(encoding="utf-8") + " ", encoding="utf-8")
    patient.examine(str(demo / MODEL), str(info))
    assert seen == ["info", "fit"] * 2
    state = info.stat()
    os.utime(info, ns=(state.st_atime_ns, state.st_mtime_ns + 1000))
    patient.examine(str(demo / MODEL), str(info))
    assert seen == ["info", "fit"] * 3


def test_what_takes_long_is_not_waited_for_and_known_later(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, go_on = dl2ecd_core.models.inspect_model, threading.Event()
    monkeypatch.setattr(
        dl2ecd_core.models, "inspect_model", lambda path: (go_on.wait(10), read(path))[1]
    )
    examiner = Examiner(patience=1)
    # The class information comes first and is not held up by the model.
    Examiner(patience=10).examine("", str(demo / CLASS_INFO))
    examined = examiner.examine(str(demo / MODEL), str(demo / CLASS_INFO))
    assert examined.info is not None
    assert examined.model is None
    assert examined.fit is None
    go_on.set()
    examiner._patience = 10
    assert examiner.examine(str(demo / MODEL), str(demo / CLASS_INFO)).fit is not None


@pytest.mark.parametrize(
    ("place", "name", "part", "doing"),
    [
        (dl2ecd_core.class_info, "examine_class_info", "info", "Checking the class information"),
        (dl2ecd_core.models, "inspect_model", "model", "Inspecting the model"),
        (dl2ecd_core.fit, "check_fit", "fit", "Comparing the model with the class information"),
    ],
)
def test_an_unexpected_exception_becomes_a_sentence(
    patient: Examiner,
    demo: Path,
    monkeypatch: pytest.MonkeyPatch,
    place: object,
    name: str,
    part: str,
    doing: str,
) -> None:
    def fail(*_: object) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr(place, name, fail)
    known = getattr(patient.examine(str(demo / MODEL), str(demo / CLASS_INFO)), part)
    assert known.surprise.startswith(f"{doing} failed unexpectedly (RecursionError: too deep).")
