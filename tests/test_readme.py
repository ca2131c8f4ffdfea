"""The README and the rooms' documents say what the code does."""

from __future__ import annotations

import doctest
import glob
import importlib
import json
import pkgutil
import re
import shlex
from pathlib import Path
from typing import List

import pytest
from click.testing import CliRunner

import dl2ecd_core
from dl2ecd_core.class_info import examine_class_info
from dl2ecd_core.cli.group import dl2ecd
from dl2ecd_core.demo import CLASS_INFO, MODEL, unpack
from dl2ecd_core.demo.scene import SCENE, write_scene
from dl2ecd_core.findings.rules import CATALOGUE, SUBJECTS
from dl2ecd_core.models import registry
from dl2ecd_core.models.formats import FORMATS
from tests.readme_tables import PACKAGE, ROOMS, filled, readme_of

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
DESIGN = PACKAGE / "DESIGN.md"
DOCUMENTS = [README, *sorted(PACKAGE.rglob("*.md"))]


#: What the README promises to keep to.
MOST_LINES = 150


@pytest.mark.parametrize("room", ROOMS)
def test_the_tables_are_those_of_the_code(room: str) -> None:
    text = readme_of(room).read_text(encoding="utf-8")
    assert filled(room) == text, "run python -m tests.readme_tables"


def test_the_design_names_every_room() -> None:
    text = DESIGN.read_text(encoding="utf-8")
    rooms = [path.parent.name for path in sorted(PACKAGE.glob("*/__init__.py"))]
    assert [name for name in rooms if f"`{name}/`" not in text] == []


def test_the_example_of_errors_says_all_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    unpack(tmp_path)
    examples = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    (example,) = [text for text in examples if "except" in text]
    (tmp_path / MODEL).unlink()
    exec("from dl2ecd_core import *\n" + example, {})
    assert "error file-not-found: " in capsys.readouterr().out


@pytest.mark.parametrize("document", [README, DESIGN])
def test_what_a_newcomer_reads_is_short(document: Path) -> None:
    assert len(document.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    text = re.sub("```.*?```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL)
    for link in re.findall(r"\]\(([^)]+)\)", text):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = document if not name else (document.parent / name).resolve()
        assert target.is_file(), link
        if anchor:
            assert anchor in anchors(target), link


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_to_be_installed_can_be_had_from_the_sources(document: Path) -> None:
    text = " ".join(document.read_text(encoding="utf-8").split())
    named = set(re.findall(r"pip install 'dl2ecd(\[[^\]]+\])'", text))
    assert named <= set(re.findall(r"pip install '\.(\[[^\]]+\])'", text))


def anchors(document: Path) -> List[str]:
    """What a link may lead to, as GitHub and others name headings."""
    headings = re.findall(r"^#+ (.*)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return [re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings]


def test_the_example_of_class_information_is_right(tmp_path: Path) -> None:
    text = readme_of("class_info").read_text(encoding="utf-8")
    (example,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    path = tmp_path / "classes.json"
    path.write_text(example, encoding="utf-8")
    assert examine_class_info(path).findings == ()
    assert json.loads(example)["Classifier"] == "CNTK"


@pytest.mark.parametrize("document", [README, readme_of("cli")], ids=["the README", "cli"])
def test_the_commands_do_their_job_on_the_demo(
    document: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In their order and in one folder, as a newcomer types them."""
    unpack(tmp_path)
    monkeypatch.chdir(tmp_path)
    if document == README:
        write_scene(tmp_path / SCENE)
    else:
        (tmp_path / "landcover.json").write_bytes((tmp_path / CLASS_INFO).read_bytes())
    blocks = re.findall(r"```sh\n(.*?)```", document.read_text(encoding="utf-8"), re.DOTALL)
    commands = [line for block in blocks for line in block.splitlines() if line[:7] == "dl2ecd "]
    assert len(commands) >= 6
    for command in commands:
        piped = None
        for part in command.split(" | "):
            words = [
                name
                for word in shlex.split(part, comments=True)[1:]
                for name in (sorted(glob.glob(word)) if "*" in word else [word])  # noqa: PTH207
            ]
            result = CliRunner().invoke(dl2ecd, words, input=piped, prog_name="dl2ecd")
            assert (result.exit_code, "warning" in result.output) == (0, False), result.output
            piped = result.stdout


def test_the_error_is_what_the_command_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (shown,) = re.findall(r"```text\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    unpack(tmp_path)
    monkeypatch.chdir(tmp_path)
    text = Path(CLASS_INFO).read_text(encoding="utf-8")
    Path(CLASS_INFO).write_text(text.replace("158", "358"), encoding="utf-8")
    result = CliRunner().invoke(dl2ecd, ["check", MODEL, CLASS_INFO], prog_name="dl2ecd")
    assert shown.split() == result.output.split()[: len(shown.split())]


def test_rule_ids_are_unique_and_in_kebab_case() -> None:
    ids = [rule.id for _, rules in SUBJECTS for rule in rules]
    assert len(ids) == len(set(ids)) == len(CATALOGUE)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule) for rule in ids)


def test_every_rule_is_used() -> None:
    sources = "".join(
        path.read_text(encoding="utf-8")
        for path in PACKAGE.rglob("*.py")
        if path.parent.name != "rules"
    )
    unused = [rule for rule in CATALOGUE if f'"{rule}"' not in sources]
    assert unused == []


def test_formats_are_listed_once() -> None:
    ids = [item.id for item in FORMATS]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("module", registry.MODULES)
def test_a_reader_offers_both_functions(module: str) -> None:
    reader = importlib.import_module(f"dl2ecd_core.models.{module}")
    assert callable(reader.recognise)
    assert callable(reader.read)


MODULES = sorted(
    info.name
    for info in pkgutil.walk_packages(dl2ecd_core.__path__, "dl2ecd_core.")
    # What lies in desktop imports QGIS.
    if not info.name.endswith("__main__") and ".qgis.desktop." not in info.name
)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_docstrings_are_right(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))
    assert result.failed == 0
