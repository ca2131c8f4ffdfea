"""Which bands of a scene a model takes."""

from __future__ import annotations

import re
from typing import List, Mapping, Optional, Sequence, Tuple, Union

from ..findings import Finding, Place
from ..findings.rules import finding
from ..findings.wording import counted, listed, quoted
from .extras import RunningRefused

#: A band by its number; no raster has a million bands.
_NUMBER = re.compile("[0-9]{1,6}")
#: What ``ExtractBands`` and ``--bands`` hold: numbers, or names.
Wanted = Sequence[Union[int, str]]


def bands_asked(text: str) -> Wanted:
    """Bands as people list them.

    Examples
    --------
    >>> bands_asked("4, 1,nir")
    [4, 1, 'nir']
    """
    words = (word.strip() for word in text.split(","))
    return [int(word) if _NUMBER.fullmatch(word) else word for word in words]


def chosen_bands(
    document: Mapping[str, object],
    count: int,
    names: Sequence[Optional[str]],
    scene: str,
    *,
    asked: Optional[Wanted] = None,
) -> Tuple[Tuple[int, ...], Tuple[Finding, ...]]:
    """The scene's bands that go into the model, counted from 0, in the model's order.

    Parameters
    ----------
    document
        The definition: its ``ExtractBands`` count from 0, or are names.
    count
        How many bands the model takes.
    names
        Of the scene's bands; None where one has none.
    scene
        The scene's path, for messages.
    asked
        What the person asks for, which wins: numbers counted from 1 as in every GIS, or names.

    Raises
    ------
    RunningRefused
        ``bands-missing`` where the scene lacks one, ``bands-ambiguous`` where several have its
        name, ``bands-count`` where they are too few or many.
    """
    if asked is not None:
        wanted: Wanted = [band - 1 if isinstance(band, int) else band for band in asked]
        source = "--bands"
    else:
        given = document.get("ExtractBands")
        wanted = given if isinstance(given, list) else list(range(count))
        source = "ExtractBands"
    if len(wanted) != count:
        raise RunningRefused(
            [
                finding(
                    "bands-count",
                    f"{source} names {counted(len(wanted), 'band')}, the model takes {count}.",
                    hint="Give as many, with commas between them, in the model's order: --bands "
                    "1,2,3.",
                    where=Place(file=scene),
                )
            ]
        )
    return _found(wanted, names, scene, source)


def _plain(name: str) -> str:
    """A band's name without what tells no bands apart."""
    return name.strip().casefold()


def _check_single(wanted: Wanted, names: Sequence[Optional[str]], scene: str) -> None:
    """Refuse a name that several of the scene's bands have."""
    have = [_plain(name or "") for name in names]
    for band in wanted:
        if isinstance(band, str) and have.count(_plain(band)) > 1 and _plain(band):
            numbers = [str(place + 1) for place, name in enumerate(have) if name == _plain(band)]
            raise RunningRefused(
                [
                    finding(
                        "bands-ambiguous",
                        f"Several bands of the scene are called {quoted(band)}: the bands "
                        f"{listed(numbers)}.",
                        hint="Give the bands in the model's order by number: --bands 3,2,1.",
                        where=Place(file=scene),
                    )
                ]
            )


def _found(
    wanted: Wanted, names: Sequence[Optional[str]], scene: str, source: str
) -> Tuple[Tuple[int, ...], Tuple[Finding, ...]]:
    _check_single(wanted, names, scene)
    places = {_plain(name): place for place, name in enumerate(names) if name}
    found: List[int] = []
    missing: List[str] = []
    by_number: List[str] = []
    for order, band in enumerate(wanted):
        if isinstance(band, str):
            place = places.get(_plain(band))
            if place is None and not places and order < len(names):
                # A scene whose bands have no names has them in the order that is asked for.
                by_number.append(band)
                place = order
        else:
            place = band if 0 <= band < len(names) else None
        if place is None:
            missing.append(band if isinstance(band, str) else str(band + 1))
        else:
            found.append(place)
    if missing:
        have = (
            f"its bands are called {listed(name for name in names if name)}"
            if places
            else f"it has {counted(len(names), 'band')}"
        )
        raise RunningRefused(
            [
                finding(
                    "bands-missing",
                    f"The scene lacks the {'band' if len(missing) == 1 else 'bands'} "
                    f"{listed(missing)} that {source} names: {have}.",
                    hint="Give the bands in the model's order, by number from 1 or by name: "
                    "--bands 3,2,1.",
                    where=Place(file=scene),
                )
            ]
        )
    if not by_number:
        return tuple(found), ()
    assumed = finding(
        "bands-unnamed",
        f"The scene's bands have no names: its first {len(by_number)} are taken for "
        f"{listed(by_number)}, in this order.",
        hint="Give --bands if they lie otherwise.",
        where=Place(file=scene),
    )
    return tuple(found), (assumed,)
