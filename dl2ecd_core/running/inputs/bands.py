"""Which bands of a scene a model takes."""

from __future__ import annotations

import re
from typing import List, Mapping, Optional, Sequence, Tuple, Union

from ...findings import Finding, Place
from ...findings.rules import finding
from ...findings.wording import counted, listed, quoted
from ..extras import RunningRefused

#: A band by its number; no raster has a million bands.
_NUMBER = re.compile("[0-9]{1,6}")
#: More of them are not listed one by one.
_MOST_SHOWN = 12
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
        ``bands-missing`` where the scene lacks one, or they are counted from 0;
        ``bands-ambiguous`` where several have its name, ``bands-count`` where they are too few or
        many.
    """
    given = document.get("ExtractBands")
    if asked is not None:
        wanted: Wanted = _counted_from_0(asked, count, scene)
        source = "--bands"
    elif isinstance(given, list) and given != list(range(count)):
        wanted, source = given, "ExtractBands"
    else:
        # A definition that names no others has these.
        return tuple(range(count)), _said_of_first(count, names, scene)
    if len(wanted) != count:
        raise RunningRefused(
            [
                finding(
                    "bands-count",
                    f"{source} names {counted(len(wanted), 'band')}, the model takes {count}.",
                    hint="Give as many, with commas between them, in the model's order: "
                    f"{_example(count)}.",
                    where=Place(file=scene),
                )
            ]
        )
    return _found(wanted, names, scene, source)


def bands_text(bands: Sequence[int], of: int) -> str:
    """Bands, counted from 1, as people read them.

    Examples
    --------
    >>> bands_text([1, 2, 3, 4], 6), bands_text([4], 4), bands_text(range(1, 101), 100)
    ('bands 1, 2, 3 and 4 of 6', 'band 4 of 4', 'bands 1 to 100 of 100')
    """
    numbers = [str(band) for band in bands]
    if not numbers:
        return f"no band of {of}"
    if len(numbers) == 1:
        return f"band {numbers[0]} of {of}"
    if len(numbers) > _MOST_SHOWN:
        in_order = list(bands) == list(range(bands[0], bands[0] + len(bands)))
        between = " to " if in_order else ", ..., "
        return f"bands {numbers[0]}{between}{numbers[-1]} of {of}"
    return f"bands {', '.join(numbers[:-1])} and {numbers[-1]} of {of}"


def _example(count: int, start: int = 1) -> str:
    """What ``--bands`` may look like for as many bands."""
    numbers = [str(start + place) for place in range(count)]
    if count > _MOST_SHOWN:
        numbers = [*numbers[:3], "...", numbers[-1]]
    return f"--bands {','.join(numbers)}"


def _counted_from_0(asked: Wanted, count: int, scene: str) -> Wanted:
    if 0 not in asked:
        return [band - 1 if isinstance(band, int) else band for band in asked]
    plain = [str(band + 1 if isinstance(band, int) else band) for band in asked]
    raise RunningRefused(
        [
            finding(
                "bands-missing",
                "--bands names band 0, but bands are counted from 1.",
                hint=f"If you counted from 0: --bands {','.join(plain)}."
                if len(asked) == count <= _MOST_SHOWN
                else f"Give them as {_example(count)}.",
                where=Place(file=scene),
            )
        ]
    )


def _said_of_first(count: int, names: Sequence[Optional[str]], scene: str) -> Tuple[Finding, ...]:
    """Of a scene whose first bands are taken, since nobody names others.

    Raises
    ------
    RunningRefused
        ``bands-missing`` where it has fewer.
    """
    if len(names) == count:
        return ()
    if len(names) < count:
        raise RunningRefused(
            [
                finding(
                    "bands-missing",
                    f"The model takes {counted(count, 'band')}, the scene has {len(names)}.",
                    hint="Give a scene with all that the model was trained with, in that order; of "
                    "bands in several files, a virtual raster (gdalbuildvrt -separate).",
                    where=Place(file=scene),
                )
            ]
        )
    called = [name for name in names[:count] if name]
    return (
        finding(
            "bands-first",
            f"The scene has {len(names)} bands, the model takes {count}: its first "
            f"{f'{count} are' if count > 1 else 'is'} taken"
            f"{f' ({listed(called)})' if len(called) == count else ''}.",
            hint=f"If it was trained with others, give them in its order: {_example(count, 2)}.",
            where=Place(file=scene),
        ),
    )


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
                        hint="Give the bands in the model's order by number: "
                        f"{_example(len(wanted))}.",
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
                    f"{_example(len(wanted))}.",
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
