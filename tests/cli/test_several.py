"""Several files in one call: a result each, one exit code, one document."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Callable, List, Pattern, Tuple

import pytest
import yaml

from dl2ecd_core.cli.pairs import (
    ENDINGS,
    document_beside,
    document_names,
    pairs_of,
    pairs_of_changed,
    proposed_document,
)
from dl2ecd_core.demo import CLASS_INFO, MODEL
from tests.cli.conftest import Call
from tests.conftest import FIXTURES


class TestInspect:
    def test_gives_each_the_document_that_it_has_alone(self, demo: Path, call: Call) -> None:
        (demo / "empty").touch()
        done = call("inspect", MODEL, "empty", "--json")
        first, second = done.document["results"]
        assert (done.code, done.document["ok"]) == (1, False)
        assert (first.pop("file"), second.pop("file")) == (MODEL, "empty")
        assert first == call("inspect", MODEL, "--json").document
        assert second == call("inspect", "empty", "--json").document

    def test_says_in_words_which_is_which_and_how_many_are_wrong(
        self, demo: Path, call: Call
    ) -> None:
        (demo / "empty").touch()
        lines = call("inspect", MODEL, "empty").out.splitlines()
        assert lines[0] == f"== {MODEL}"
        assert "== empty" in lines
        assert lines[-1] == "2 files: 1 is wrong."
        assert call("inspect", MODEL, MODEL).out.endswith("\n2 files: nothing is wrong.\n")

    def test_all_models_of_a_folder(self, call: Call) -> None:
        models = sorted((FIXTURES / "onnx").glob("*.onnx"))
        document = call("inspect", *models, "--json").document
        assert [item["file"] for item in document["results"]] == [str(path) for path in models]

    def test_sha_256_on_request(self, demo: Path, call: Call) -> None:
        import hashlib

        digest = hashlib.sha256((demo / MODEL).read_bytes()).hexdigest()
        (file,) = call("inspect", MODEL, "--sha256", "--json").document["files"]
        assert file["sha256"] == digest
        assert f"SHA-256 {digest}" in call("inspect", MODEL, "--sha256").out
        assert "SHA-256" not in call("inspect", MODEL).out

    def test_sha_256_of_what_can_not_be_read_to_its_end(
        self, demo: Path, call: Call, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fails(path: Path) -> str:
            raise OSError(5, "Input/output error")

        monkeypatch.setattr("dl2ecd_core.cli.inspect.sha256_of", fails)
        done = call("inspect", MODEL, "--sha256", "--json")
        assert (done.code, done.rules) == (1, ["file-unreadable"])
        assert done.document["files"][0]["sha256"] is None


class TestCheck:
    def test_one_document_for_all_models(self, demo: Path, call: Call) -> None:
        (demo / "other.model").write_bytes((demo / MODEL).read_bytes())
        done = call("check", MODEL, "other.model", CLASS_INFO, "--json")
        assert done.code == 0
        assert [item["file"] for item in done.document["results"]] == [MODEL, "other.model"]

    def test_a_document_beside_each(self, demo: Path, call: Call) -> None:
        (demo / "other.model").write_bytes((demo / MODEL).read_bytes())
        (demo / "other.model.json").write_bytes((demo / CLASS_INFO).read_bytes())
        (demo / "landcover.json").write_bytes((demo / CLASS_INFO).read_bytes())
        assert call("check", MODEL, "other.model").code == 0
        assert call("check", MODEL).out == "The model and its class information go together.\n"
        (demo / "landcover.json").unlink()
        done = call("check", MODEL, "other.model", MODEL, "--json")
        rules = [[item["rule"] for item in each["findings"]] for each in done.document["results"]]
        assert rules == [["file-not-found"], [], ["file-not-found"]]

    def test_as_pre_commit_calls_it(self, demo: Path, call: Call) -> None:
        (demo / "landcover.model.json").write_bytes((demo / CLASS_INFO).read_bytes())
        done = call("check", "--beside", "landcover.model.json", MODEL)
        assert (done.code, done.out) == (0, "The model and its class information go together.\n")

    def test_that_there_is_none_beside_says_where_one_may_lie_and_how_to_get_one(
        self, demo: Path, call: Call
    ) -> None:
        said = " ".join(call("check", MODEL).out.split())
        assert "'landcover.model.json', 'landcover.json' or 'landcover_classes.json'" in said
        assert f"dl2ecd init {MODEL}" in said
        # Of a document that somebody named, the name counts.
        assert "There is no file 'none.json'" in call("check", MODEL, "none.json").out
        (demo / "k.model").write_bytes((demo / MODEL).read_bytes())
        (found,) = call("check", "k.model", "--beside", "--json").document["findings"]
        assert found["message"].endswith("as 'k.model.json', 'k.json' or 'k_classes.json'.")


def hook_pattern() -> Pattern[str]:
    """Which changed files pre-commit gives to ``check --beside``."""
    hooks = Path(__file__).parents[2] / ".pre-commit-hooks.yaml"
    for hook in yaml.safe_load(hooks.read_text(encoding="utf-8")):
        if hook["entry"] == "dl2ecd check --beside":
            return re.compile(hook["files"])
    raise AssertionError("there is no such hook")


class TestHook:
    """What pre-commit gives to ``check --beside``: the changed files whose names fit."""

    @pytest.mark.parametrize("ending", ENDINGS)
    def test_runs_for_every_model_and_every_name_of_its_document(self, ending: str) -> None:
        pattern = hook_pattern()
        model = f"models/k{ending}"
        names = document_names(model)
        assert len(set(names)) == 3
        assert all(pattern.search(name) for name in (model, *names))

    def test_runs_for_nothing_else(self) -> None:
        known = hook_pattern().pattern[len(r"\.(") : -len(")$")].split("|")
        assert sorted(f".{ending}" for ending in known) == sorted([*ENDINGS, ".json"])

    @pytest.mark.parametrize("place", range(3))
    def test_a_wrong_document_fails_under_each_name(
        self, demo: Path, call: Call, change: Callable[..., None], place: int
    ) -> None:
        change(NumberRasterBands=7)
        document = document_names(MODEL)[place]
        (demo / CLASS_INFO).rename(demo / document)
        assert call("check", "--beside", document).code == 1

    def test_what_init_writes_is_the_models(self, demo: Path, call: Call) -> None:
        assert call("init", MODEL).code == 0
        document = proposed_document(MODEL)
        assert pairs_of_changed([document]) == [(MODEL, document)]

    def test_other_json_files_are_passed_over(self, demo: Path, call: Call) -> None:
        (demo / "package.json").write_text("{}")
        (demo / "docs").mkdir()
        (demo / "docs.json").write_text("{}")
        done = call("check", "--beside", "package.json", "docs.json")
        assert done.code == 0
        assert done.out == "None of these is a model or the document of a model beside it.\n"
        done = call("check", "--beside", "package.json", "--json")
        assert (done.code, done.document["results"]) == (0, [])

    def test_the_document_of_a_model_that_has_gone_is_told(self, demo: Path, call: Call) -> None:
        (demo / CLASS_INFO).rename(demo / "gone.model.json")
        assert call("check", "--beside", "gone.model.json", "--json").rules == ["file-not-found"]


class TestVerifyAndShow:
    def test_several(self, demo: Path, call: Call) -> None:
        assert call("convert", MODEL, CLASS_INFO, "a.ecd").code == 0
        (demo / "b.ecd").write_bytes((demo / "a.ecd").read_bytes()[:-100])
        for command in ("verify", "show"):
            done = call(command, "a.ecd", "b.ecd", "--json")
            assert (done.code, [item["ok"] for item in done.document["results"]]) == (
                1,
                [True, False],
            )


PAIRS: List[Tuple[List[str], List[Tuple[str, str]]]] = [
    (["a.onnx", "c.json"], [("a.onnx", "c.json")]),
    (["a.onnx", "b.onnx", "c.JSON"], [("a.onnx", "c.JSON"), ("b.onnx", "c.JSON")]),
    (["a.onnx", "-"], [("a.onnx", "-")]),
    (["a.onnx", "c.txt"], [("a.onnx", "c.txt")]),
    (["there.onnx", "here.onnx"], [("there.onnx", "there.onnx.json"), ("here.onnx", "here.json")]),
    (["a.onnx"], [("a.onnx", "a.onnx.json")]),
    (
        ["a.onnx", "b", "c.onnx"],
        [("a.onnx", "a.onnx.json"), ("b", "b.json"), ("c.onnx", "c.onnx.json")],
    ),
    (["saved/"], [("saved/", "saved.json")]),
    (["."], [(".", "..json")]),
    (["made.onnx"], [("made.onnx", "made_classes.json")]),
    (["whole.json"], [("whole.json", "whole.json.json")]),
]


@pytest.fixture
def documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("there.onnx.json", "there.json", "here.json", "made_classes.json"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("documents")
class TestPairs:
    @pytest.mark.parametrize(("paths", "expected"), PAIRS)
    def test_which_document_goes_with_which_model(
        self, paths: List[str], expected: List[Tuple[str, str]]
    ) -> None:
        assert pairs_of(paths) == expected

    def test_of_what_changed_each_model_once(self) -> None:
        changed = ["there.onnx.json", "a.onnx", "there.onnx"]
        assert pairs_of_changed(changed) == [
            ("there.onnx", "there.onnx.json"),
            ("a.onnx", "a.onnx.json"),
        ]

    def test_a_json_file_of_the_models_own_is_no_document(self, tmp_path: Path) -> None:
        for name in ("argmax_pir.json", "argmax_pir.pdiparams"):
            (tmp_path / name).write_bytes((FIXTURES / "paddle" / name).read_bytes())
        behind = "argmax_pir.pdiparams.json"
        assert document_beside("argmax_pir.pdiparams") == behind


def test_warnings_do_not_end_with_good_news(
    demo: Path, call: Call, change: Callable[..., None]
) -> None:
    change(Classifier="MyNet")
    done = call("check", MODEL, CLASS_INFO)
    assert done.code == 0
    assert done.out.endswith("1 warning\nA conversion would go through, with these warnings.\n")
    done = call("check", MODEL, CLASS_INFO, "--strict")
    assert done.out.endswith("1 warning\nA conversion with --strict would be refused.\n")
