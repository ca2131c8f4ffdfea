"""Where the packages come from that the plugin carries."""

from __future__ import annotations

import configparser
from pathlib import Path

import pytest

from dl2ecd_core.qgis import bundled
from dl2ecd_core.qgis.bundled import BUNDLED, Bundled, BundleError, bundled_files
from tests.qgis.packages import unpacked, wheel

FILES = {
    "tallyho/__init__.py": "WORDS = 1\n",
    "tallyho/data.json": "{}",
    "tallyho/__init__.pyi": "WORDS: int\n",
    "tallyho/py.typed": "",
    "tallyho/fast.cpython-311-x86_64-linux-gnu.so": "compiled",
    "tallyho/tests/test_it.py": "assert False\n",
}
KEPT = {
    "tallyho/__init__.py",
    "tallyho/data.json",
    "tallyho-1.2.dist-info/METADATA",
    "tallyho-1.2.dist-info/LICENSE",
}


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    folder = tmp_path / "wheels"
    folder.mkdir()
    return folder


@pytest.fixture
def package(wheels: Path, monkeypatch: pytest.MonkeyPatch) -> Bundled:
    """The only package that the plugin carries."""
    made = wheel(wheels, "tallyho", "1.2", FILES)
    monkeypatch.setattr(bundled, "BUNDLED", (made,))
    return made


def installed(wheels: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unpacked(next(wheels.glob("tallyho*")), folder)
    monkeypatch.syspath_prepend(str(folder))


def test_from_a_wheel(package: Bundled, wheels: Path) -> None:
    files = bundled_files(wheels)
    assert set(files) == KEPT
    assert files["tallyho/__init__.py"] == b"WORDS = 1\n"


def test_from_this_python_without_wheels(
    package: Bundled, wheels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from_wheel = bundled_files(wheels)
    installed(wheels, tmp_path / "here", monkeypatch)
    assert bundled_files() == from_wheel


@pytest.mark.parametrize("version", ["1.1", "1.2.1"])
def test_another_version_here_does_not_count(
    wheels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    wheel(wheels, "tallyho", version, {"tallyho/__init__.py": "OTHER = 1\n"})
    installed(wheels, tmp_path / "here", monkeypatch)
    monkeypatch.setattr(bundled, "BUNDLED", (wheel(wheels, "tallyho", "1.2", FILES),))
    assert set(bundled_files(wheels)) == KEPT


@pytest.mark.parametrize("with_folder", [True, False])
def test_what_can_not_be_had_is_said(package: Bundled, tmp_path: Path, with_folder: bool) -> None:
    with pytest.raises(BundleError, match=r"tallyho==1\.2.*dl2ecd\[qgis\].*--dest wheels tallyho"):
        bundled_files(tmp_path if with_folder else None)


def test_another_file_of_that_name_is_refused(
    wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = wheel(wheels, "tallyho", "1.2", FILES)
    monkeypatch.setattr(bundled, "BUNDLED", (made._replace(sha256="0" * 64),))
    with pytest.raises(BundleError, match=r"tallyho-1\.2-py3-none-any\.whl is not the file"):
        bundled_files(wheels)


def test_a_package_whose_files_are_not_listed_does_not_count(
    package: Bundled, wheels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(wheels, tmp_path / "here", monkeypatch)
    (tmp_path / "here" / "tallyho-1.2.dist-info" / "RECORD").unlink()
    assert set(bundled_files(wheels)) == KEPT


def test_the_extra_names_the_very_versions() -> None:
    """The extra brings what is carried, so that the plugin can be packed without a network."""
    setup = configparser.ConfigParser(interpolation=None)
    setup.read(Path(__file__).parents[2] / "setup.cfg", encoding="utf-8")
    assert setup["options.extras_require"]["qgis"].split("\n")[1:] == [
        f"{item.name} =={item.version}" for item in BUNDLED
    ]
