"""What the paths of a command that runs a model mean, and what they were mistaken for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple, Optional, Sequence

import click

from ..findings.wording import printable
from .pairs import ENDINGS

_ORDER = "Give SCENE, ECD and OUT, or SCENE, MODEL, INFO and OUT"
_DEFINITIONS = (".ecd", ".emd", ".dlpk")
#: Rasters, too, lie in HDF5.
_NO_SCENES = (*_DEFINITIONS, *(ending for ending in ENDINGS if ending not in (".h5", ".hdf5")))
_NUMBERS = re.compile(r"-?[\d.][\d.,e+-]*")


class RunPaths(NamedTuple):
    """What is to be run on what; a definition has no class information of its own."""

    scene: str
    model: str
    class_info: Optional[str]
    out: str


def run_paths(
    paths: Sequence[str], *, bands: Optional[str] = None, scale: Sequence[str] = ()
) -> RunPaths:
    """What the paths mean.

    Parameters
    ----------
    bands, scale
        What these options were given: of words without quotes it is the first alone, and the
        others are among the paths.

    Raises
    ------
    click.UsageError
        When they mean nothing, or lie in another order as their names say.
    """
    _check_quotes(paths, bands, scale)
    if len(paths) >= 3:
        _check_order(paths[0], paths[-1])
    if len(paths) == 3:
        return RunPaths(paths[0], paths[1], None, paths[2])
    if len(paths) == 4 and not paths[2].lower().endswith(_DEFINITIONS):
        return RunPaths(*paths)
    raise click.UsageError(
        f"{_ORDER}; of several scenes that are one, a virtual raster of them (.vrt)."
    )


def _check_quotes(paths: Sequence[str], bands: Optional[str], scale: Sequence[str]) -> None:
    numbers = [path for path in paths if _NUMBERS.fullmatch(path) and not Path(path).exists()]
    if not numbers:
        return
    words = printable(" ".join(numbers), 200)
    torn = next((step for step in scale if " " not in step and step != "none"), None)
    if torn is not None:
        raise click.UsageError(
            f"A step of --scale is one argument, in quotes: --scale '{printable(torn)} {words}'."
        )
    if bands is not None:
        raise click.UsageError(
            f"Bands are one argument, with commas: --bands {printable(bands)},"
            f"{words.replace(' ', ',')}."
        )


def _check_order(first: str, last: str) -> None:
    if last.lower().endswith(_DEFINITIONS):
        wrong = f"OUT comes last, and {printable(last, 400)} is a definition by its name"
    elif first.lower().endswith(_NO_SCENES):
        wrong = f"SCENE comes first, and {printable(first, 400)} is none by its name"
    else:
        return
    raise click.UsageError(f"{wrong}: were they swapped? {_ORDER}.")
