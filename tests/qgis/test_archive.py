"""The plugin's zip."""

from __future__ import annotations

import configparser
import os
import runpy
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
import zipfile
from pathlib import Path
from typing import Dict

import pytest

import dl2ecd_core
from dl2ecd_core import qgis
from dl2ecd_core.qgis import archive, bundled
from dl2ecd_core.qgis.archive import archive_files, write_archive
from dl2ecd_core.qgis.bundled import BundleError
from dl2ecd_core.version import __version__

BUNDLED = {"jsonschema/__init__.py": b"x = 1\n", "jsonschema-4.17.3.dist-info/COPYING": b"free"}
ROOM = Path(qgis.__file__).parent


@pytest.fixture
def carried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other people's packages are there without asking for them."""
    monkeypatch.setattr(archive, "bundled_files", lambda wheels: dict(BUNDLED))


@pytest.fixture
def files() -> Dict[str, bytes]:
    return archive_files(BUNDLED)


def test_one_folder_with_the_package_inside(files: Dict[str, bytes]) -> None:
    assert {name.split("/")[0] for name in files} == {"dl2ecd"}
    package = Path(dl2ecd_core.__file__).parent
    expected = {
        f"dl2ecd/dl2ecd_core/{path.relative_to(package).as_posix()}"
        for path in package.rglob("*.py")
    }
    assert expected <= set(files)
    assert files["dl2ecd/dl2ecd_core/version.py"] == (package / "version.py").read_bytes()
    assert "dl2ecd/dl2ecd_core/demo/landcover.model" in files
    assert not any("__pycache__" in name for name in files)


def test_other_peoples_packages_lie_apart(files: Dict[str, bytes]) -> None:
    assert files["dl2ecd/packages/jsonschema/__init__.py"] == b"x = 1\n"
    assert files["dl2ecd/packages/jsonschema-4.17.3.dist-info/COPYING"] == b"free"


def test_what_qgis_reads_of_a_plugin(files: Dict[str, bytes]) -> None:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(files["dl2ecd/metadata.txt"].decode("utf-8"))
    general = parser["general"]
    assert general["version"] == __version__
    assert general["qgisMinimumVersion"] == "3.22"
    assert general["hasProcessingProvider"] == "yes"
    assert f"{__version__}\n" in general["changelog"]
    for key in ("name", "description", "about", "author", "license", "tags", "category"):
        assert general[key].strip()
    icon = ElementTree.fromstring(files[f"dl2ecd/{general['icon']}"])
    assert icon.tag == "{http://www.w3.org/2000/svg}svg"


def test_only_one_folder_looks_like_a_plugin(files: Dict[str, bytes]) -> None:
    """QGIS's installer takes the folder of any metadata.txt for the plugin's."""
    assert [name for name in files if name.endswith("metadata.txt")] == ["dl2ecd/metadata.txt"]


def test_both_licences_are_there(files: Dict[str, bytes]) -> None:
    text = files["dl2ecd/LICENSE"].decode("utf-8")
    assert "SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-or-later" in text
    assert "Apache License" in text
    assert "GNU GENERAL PUBLIC LICENSE" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_the_entry_asks_only_for_what_is_beside_it(files: Dict[str, bytes]) -> None:
    entry = files["dl2ecd/__init__.py"].decode("ascii")
    compile(entry, "dl2ecd/__init__.py", "exec")
    assert "from .dl2ecd_core.qgis.desktop.plugin import Plugin" in entry
    assert "\nimport" not in entry


def test_the_same_content_gives_the_same_bytes(tmp_path: Path, carried: None) -> None:
    first, second = tmp_path / "a.zip", tmp_path / "b.zip"
    write_archive(first)
    os.utime(ROOM / "metadata.txt")
    write_archive(second)
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as packed:
        assert packed.testzip() is None
        assert {name: packed.read(name) for name in packed.namelist()} == archive_files(BUNDLED)


class TestCommand:
    def run(self, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
        monkeypatch.setattr(sys, "argv", ["qgis", *arguments])
        runpy.run_module("dl2ecd_core.qgis", run_name="__main__", alter_sys=True)

    def test_packs(
        self,
        tmp_path: Path,
        carried: None,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        target = tmp_path / "a.zip"
        target.write_bytes(b"mine")
        with pytest.raises(SystemExit, match="--overwrite"):
            self.run(monkeypatch, str(target))
        assert target.read_bytes() == b"mine"
        self.run(monkeypatch, str(target), "--overwrite")
        assert zipfile.is_zipfile(target)
        assert capsys.readouterr().out == f"Wrote {target}\n"

    @pytest.mark.parametrize(
        ("arguments", "code"), [(("-h",), 0), (("--help",), 0), ((), 2), (("a.zip", "w", "x"), 2)]
    )
    def test_says_how_it_is_called(
        self,
        arguments: tuple[str, ...],
        code: int,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        with pytest.raises(SystemExit) as ended:
            self.run(monkeypatch, *arguments)
        assert ended.value.code == code
        usage = "usage: python -m dl2ecd_core.qgis [-h] [--overwrite] zip [wheels]"
        assert usage in capsys.readouterr()[code // 2]

    def test_says_where_it_can_not_write(
        self, tmp_path: Path, carried: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with pytest.raises(SystemExit, match="output-folder-missing"):
            self.run(monkeypatch, str(tmp_path / "nowhere" / "a.zip"))

    def test_leaves_nothing_when_a_package_is_not_to_be_had(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def not_to_be_had(wheels: Path) -> Dict[str, bytes]:
            raise BundleError(f"nothing in {wheels.name}")

        monkeypatch.setattr(archive, "bundled_files", not_to_be_had)
        with pytest.raises(SystemExit, match="nothing in w"):
            self.run(monkeypatch, str(tmp_path / "a.zip"), "w")
        assert list(tmp_path.iterdir()) == []


def test_every_module_outside_desktop_imports_without_qgis() -> None:
    names = [path.stem for path in ROOM.glob("*.py") if not path.stem.startswith("__")]
    code = "import sys; sys.modules['qgis'] = None\n" + "".join(
        f"import dl2ecd_core.qgis.{name}\n" for name in names
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOM.parents[1])}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, timeout=600)
    assert "bundled" in names
    assert bundled.BUNDLED


def test_opening_the_toolbox_loads_no_readers() -> None:
    """QGIS loads the provider as it starts: nobody waits for what a run needs."""
    code = (
        "import sys, dl2ecd_core.exports, dl2ecd_core.qgis.help_text, dl2ecd_core.qgis.reporting\n"
        "heavy = [name for name in ('models', 'ecd', 'running', 'fit', 'class_info')"
        " if 'dl2ecd_core.' + name in sys.modules]\n"
        "sys.exit(f'loaded: {heavy}' if heavy else 0)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOM.parents[1])}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, timeout=60)
