"""``--format``: the same findings as words, JSON, SARIF and annotations of a workflow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable, Dict

import pytest

from dl2ecd_core.cli import COMMANDS
from dl2ecd_core.cli.reporting import OutputFormat, output_asked_for
from dl2ecd_core.demo import CLASS_INFO, MODEL
from tests.cli.conftest import Call

CHECK = ("check", MODEL, CLASS_INFO)


@pytest.fixture
def wrong(demo: Path) -> None:
    path = demo / CLASS_INFO
    text = path.read_text(encoding="utf-8").replace("158", "358").replace("CNTK", "MyNet")
    path.write_text(text, encoding="utf-8")


def run(log: Dict[str, Any]) -> Dict[str, Any]:
    (only,) = log["runs"]
    return only


@pytest.mark.usefixtures("wrong")
class TestSarif:
    def test_shows_file_line_column_and_the_rules_help(self, call: Call) -> None:
        done = call(*CHECK, "--format", "sarif")
        assert (done.code, done.err) == (1, "")
        told = run(json.loads(done.out))
        first = told["results"][0]
        assert (first["ruleId"], first["level"]) == ("class-color-out-of-range", "error")
        (location,) = first["locations"]
        assert location["physicalLocation"] == {
            "artifactLocation": {"uri": CLASS_INFO},
            "region": {"startLine": 9, "startColumn": 53, "endColumn": 56},
        }
        assert location["logicalLocations"][0]["fullyQualifiedName"] == "$.Classes[1].Color[1]"
        rule = told["tool"]["driver"]["rules"][first["ruleIndex"]]
        assert rule["id"] == first["ruleId"]
        assert "Color channels are 0 to 255." in rule["help"]["text"]
        assert told["invocations"] == [{"executionSuccessful": True, "exitCode": 1}]

    def test_what_is_allowed_is_suppressed(self, call: Call, change: Callable[..., None]) -> None:
        allow = ("--strict", "--allow", "framework-unlisted", "--format", "sarif")
        results = run(json.loads(call(*CHECK, *allow).out))["results"]
        suppressed = [item["ruleId"] for item in results if "suppressions" in item]
        assert suppressed == ["framework-unlisted"]

    def test_several_files_are_one_run(self, demo: Path, call: Call) -> None:
        log = json.loads(call("inspect", "none", "neither", "--format=sarif").out)
        assert [item["ruleId"] for item in run(log)["results"]] == ["file-not-found"] * 2
        assert len(run(log)["tool"]["driver"]["rules"]) == 1


@pytest.mark.usefixtures("wrong")
class TestGithub:
    def test_a_line_for_each_finding(self, call: Call) -> None:
        done = call(*CHECK, "--format", "github")
        assert (done.code, done.err) == (1, "")
        first, second = done.out.splitlines()
        assert first.startswith(
            f"::error file={CLASS_INFO},line=9,col=53,endColumn=56,"
            "title=dl2ecd class-color-out-of-range::Class 2 ('Vegetation'): Green of Color is 358"
        )
        assert second.startswith(f"::warning file={CLASS_INFO},line=4,")

    def test_what_is_allowed_is_a_notice(self, call: Call) -> None:
        done = call(*CHECK, "--strict", "--allow", "framework-unlisted", "--format", "github")
        assert done.out.splitlines()[1].startswith(f"::notice file={CLASS_INFO},line=4,")
        assert "title=dl2ecd framework-unlisted (allowed)::" in done.out

    def test_nothing_is_printed_where_nothing_is_wrong(self, demo: Path, call: Call) -> None:
        done = call("inspect", MODEL, "--format", "github")
        assert (done.code, done.out) == (0, "")


class TestEveryCommand:
    @pytest.mark.parametrize("form", ["json", "sarif", "github", "text"])
    @pytest.mark.parametrize(
        "arguments",
        [
            ["convert", "none", CLASS_INFO, "a.ecd"],
            ["check", "none", CLASS_INFO],
            ["inspect", "none"],
            ["init", "none"],
            ["show", "none"],
            ["verify", "none"],
            ["extract", "none", "folder"],
            ["export", "none", "a.qml", "--to", "qml"],
        ],
    )
    def test_tells_what_is_wrong_in_each_form(
        self, demo: Path, call: Call, arguments: list, form: str
    ) -> None:
        done = call(*arguments, "--format", form)
        assert (done.code, done.err) == (1, "")
        assert "file-not-found" in done.out

    @pytest.mark.parametrize("command", sorted(set(COMMANDS) - {"demo", "schema"}))
    def test_names_the_forms_in_its_help(self, call: Call, command: str) -> None:
        assert "--format [text|json|sarif|github]" in call(command, "-h").out

    def test_json_is_short_for_the_form(self, demo: Path, call: Call) -> None:
        whole = call("inspect", MODEL, "--format", "json").out
        assert call("inspect", MODEL, "--json").out == whole
        assert call("inspect", MODEL, "--json", "--format", "json").out == whole
        assert json.loads(whole)["tool"] == "dl2ecd"


@pytest.mark.parametrize(
    ("arguments", "form"),
    [
        (["check", "a", "b"], OutputFormat.TEXT),
        (["check", "a", "--json"], OutputFormat.JSON),
        (["check", "--format", "sarif"], OutputFormat.SARIF),
        (["check", "--format=github"], OutputFormat.GITHUB),
        (["check", "--format", "xml"], OutputFormat.TEXT),
        (["check", "--format"], OutputFormat.TEXT),
    ],
)
def test_the_form_is_known_before_a_command_is(arguments: list, form: OutputFormat) -> None:
    assert output_asked_for(arguments) is form
