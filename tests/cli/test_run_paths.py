"""Paths of ``classify`` and ``detect`` in a wrong order, and options without their quotes."""

from __future__ import annotations

from pathlib import Path
from typing import List, Tuple

import pytest
from click.testing import CliRunner

from dl2ecd_core.cli.group import dl2ecd
from dl2ecd_core.cli.run_paths import RunPaths, run_paths

RIGHT: List[Tuple[List[str], RunPaths]] = [
    (["s.tif", "m.ecd", "x.tif"], RunPaths("s.tif", "m.ecd", None, "x.tif")),
    (["s.tif", "m.pt", "c.json", "x.tif"], RunPaths("s.tif", "m.pt", "c.json", "x.tif")),
    (["items.json", "m.ecd", "maps"], RunPaths("items.json", "m.ecd", None, "maps")),
    (["s.h5", "m.ecd", "x.tif"], RunPaths("s.h5", "m.ecd", None, "x.tif")),
]

SWAPPED = [
    (["m.ecd", "s.tif", "x.tif"], "SCENE comes first, and m.ecd is none by its name"),
    (["m.onnx", "c.json", "s.tif", "x.tif"], "SCENE comes first, and m.onnx is none by its name"),
    (["s.tif", "x.tif", "M.ECD"], "OUT comes last, and M.ECD is a definition by its name"),
]

TORN = [
    (
        ["s.tif", "m.ecd", "x.tif", "--scale", "min-max", "0", "255"],
        "one argument, in quotes: --scale 'min-max 0 255'",
    ),
    (
        ["s.tif", "m.ecd", "x.tif", "--scale", "scale", "10000"],
        "one argument, in quotes: --scale 'scale 10000'",
    ),
    (
        ["--scale", "z-score", "1,2,3", "0.5", "s.tif", "m.ecd", "x.tif"],
        "one argument, in quotes: --scale 'z-score 1,2,3 0.5'",
    ),
    (
        ["s.tif", "m.ecd", "x.tif", "--bands", "4", "3", "2"],
        "Bands are one argument, with commas: --bands 4,3,2.",
    ),
]

BOTH = pytest.mark.parametrize("command", ["classify", "detect"])


@pytest.mark.parametrize(("paths", "meant"), RIGHT)
def test_the_number_of_paths_says_what_they_are(paths: List[str], meant: RunPaths) -> None:
    assert run_paths(paths, bands="1,2", scale=["min-max 0 255", "none"]) == meant


@BOTH
@pytest.mark.parametrize(("paths", "told"), SWAPPED)
def test_swapped_paths_are_noticed(command: str, paths: List[str], told: str) -> None:
    done = CliRunner().invoke(dl2ecd, [command, *paths])
    assert done.exit_code == 2
    assert f"{told}: were they swapped? Give SCENE, ECD and OUT, or" in done.output


@BOTH
@pytest.mark.parametrize(("arguments", "told"), TORN)
def test_forgotten_quotes_are_noticed(command: str, arguments: List[str], told: str) -> None:
    done = CliRunner().invoke(dl2ecd, [command, *arguments])
    assert done.exit_code == 2
    assert told in done.output


def test_a_file_whose_name_is_a_number_is_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "2024").touch()
    assert run_paths(["2024", "m.ecd", "x.tif"], bands="4").scene == "2024"


def test_a_number_of_which_no_option_knows_is_a_path() -> None:
    assert run_paths(["s.tif", "m.ecd", "7"], scale=["none", "scale 7"]).out == "7"


HELP = [
    ("classify", "SCENE is a raster, or the address of one (http or https)."),
    ("detect", "SCENE is a raster, or the address of one (http or https)."),
    ("classify", "'scale 10000' divides by 10000"),
    ("classify", "from this probability on, a pixel is of the second class (0.5 if not given)"),
    ("detect", "a quarter of a tile if not given"),
]


@pytest.mark.parametrize(("command", "told"), HELP)
def test_the_help_says(command: str, told: str) -> None:
    done = CliRunner().invoke(dl2ecd, [command, "-h"])
    assert told in " ".join(done.output.split())
