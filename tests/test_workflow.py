"""The workflow for a public CI runs what the README says, where this project is meant to run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Dict

import pytest

from tests.conftest import TESTS

yaml = pytest.importorskip("yaml", reason="PyYAML reads the workflow")

WORKFLOW = Path(__file__).parents[1] / ".github" / "workflows" / "tests.yml"

#: Of https://docs.github.com/en/actions/reference/workflow-syntax-for-github-actions
JOB_KEYS = {
    "name", "runs-on", "timeout-minutes", "strategy", "defaults", "env", "steps", "permissions",
}  # fmt: skip
STEP_KEYS = {"name", "uses", "with", "run", "env", "shell"}


@pytest.fixture
def workflow() -> Dict[str, Any]:
    document = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    # YAML 1.1 takes the key "on" for a truth value.
    document["on"] = document.pop(True)
    return document


def test_its_keys_are_those_of_the_format(workflow: Dict[str, Any]) -> None:
    assert set(workflow) == {"name", "on", "permissions", "jobs"}
    for job in workflow["jobs"].values():
        assert set(job) <= JOB_KEYS
        assert {"runs-on", "steps"} <= set(job)
        for step in job["steps"]:
            assert set(step) <= STEP_KEYS
            assert ("uses" in step) != ("run" in step)


def test_it_runs_only_when_somebody_asks(workflow: Dict[str, Any]) -> None:
    assert workflow["on"] == {"workflow_dispatch": None}
    assert workflow["permissions"] == {"contents": "read"}


def test_it_runs_on_every_system_and_python(workflow: Dict[str, Any]) -> None:
    matrix = workflow["jobs"]["tests"]["strategy"]["matrix"]
    assert [system.split("-")[0] for system in matrix["system"]] == ["windows", "macos", "ubuntu"]
    # As text: 3.10 would be the number 3.1.
    assert matrix["python"] == ["3.9", "3.10", "3.11", "3.12", "3.13"]


@pytest.mark.parametrize("job", ["tests", "stand-in"])
def test_its_commands_are_the_readmes(workflow: Dict[str, Any], job: str) -> None:
    command = re.search(
        r"^python3 -m venv \.venv && (.*) && (.*pytest)$",
        (TESTS.parent / "README.md").read_text(encoding="utf-8"),
        re.M,
    )
    assert command is not None
    _, _, install, test = workflow["jobs"][job]["steps"]
    said = [step["run"].replace("$PROGRAMS", "bin") for step in (install, test)]
    assert said[0] == f"python -m venv .venv && {command[1]}"
    assert said[1].startswith(command[2])
    folders = said[1][len(command[2]) :].split()
    assert all((WORKFLOW.parents[2] / folder).is_dir() for folder in folders)
    assert bool(folders) is (job == "stand-in")
