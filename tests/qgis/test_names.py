"""The plugin uses published names alone, in the way that Qt 5 and Qt 6 share."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Dict, Iterator, List, Set, Tuple

import pytest

from dl2ecd_core.qgis import desktop
from tests.qgis.installed import Qgis
from tests.qgis.published_names import PUBLISHED

SOURCES = sorted(Path(str(desktop.__file__)).parent.glob("*.py"))


def parsed() -> Iterator[Tuple[Path, ast.Module]]:
    for path in SOURCES:
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def imported(module: ast.Module) -> Dict[str, str]:
    """Names from outside the package, with the module that each comes from."""
    return {
        alias.name: str(node.module)
        for node in ast.walk(module)
        if isinstance(node, ast.ImportFrom) and not node.level
        for alias in node.names
    }


def chains(module: ast.Module, names: Dict[str, str]) -> Set[Tuple[str, str]]:
    """Modules and dotted names such as ``Qt.TextFormat.PlainText``, each as long as it gets."""
    inner: List[ast.AST] = []
    found = set()
    for node in ast.walk(module):
        if isinstance(node, (ast.Attribute, ast.Name)) and node not in inner:
            text = ast.unparse(node)
            if re.fullmatch(r"[\w.]+", text):
                inner += ast.walk(node)
                if text.split(".")[0] in names:
                    found.add((names[text.split(".")[0]], text))
    return found


def used() -> Set[Tuple[str, str]]:
    return {item for _, module in parsed() for item in chains(module, imported(module))}


def test_only_qgis_and_what_it_brings_is_imported() -> None:
    allowed = {*PUBLISHED, "osgeo", "processing", "__future__", "pathlib", "typing", "contextlib"}
    for path, module in parsed():
        assert set(imported(module).values()) <= allowed, path.name
        plain = {a.name for n in ast.walk(module) if isinstance(n, ast.Import) for a in n.names}
        assert plain <= {"json", "numpy", "processing", "tempfile"}, path.name


def test_every_name_is_published() -> None:
    of_qgis = {(module, name) for module, name in used() if module.startswith("qgis")}
    listed = {(module, name) for module, names in PUBLISHED.items() for name in names}
    assert of_qgis - listed == set()
    bases = {(module, name.split(".")[0]) for module, name in of_qgis}
    assert listed - of_qgis - bases == set(), "no longer used"


@pytest.mark.parametrize("name", sorted(name for names in PUBLISHED.values() for name in names))
def test_enumerations_of_qt_are_scoped(name: str) -> None:
    """Qt 6 knows no others."""
    parts = name.split(".")
    if name.startswith("Qgs") or len(parts) == 1 or parts[-1][0].islower():
        return
    assert len(parts) == 3


def test_nothing_is_called_that_qt_6_has_not() -> None:
    for path, module in parsed():
        names = {node.attr for node in ast.walk(module) if isinstance(node, ast.Attribute)}
        assert not names & {"exec_", "print_", "setMargin", "setResizeMode"}, path.name


@pytest.mark.qgis
def test_this_qgis_has_them(qgis: Qgis) -> None:
    missing = qgis.script(
        """
import importlib
missing = []
for module, names in json.loads(arguments[0]).items():
    for name in names:
        found = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part, None)
        if found is None:
            missing.append(name)
tell(missing)
""",
        json.dumps({module: sorted(names) for module, names in PUBLISHED.items()}),
    )
    assert missing == []
