"""What the client found out of a model's tiles, for workers with the same runtime.

Finding it out takes a second or more of every process; it is the same wherever the same runtime
runs the same model.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from fractions import Fraction
from typing import Any, Callable, Dict, Mapping, Optional

from ..sessions import Session
from ..sessions.scores import Scores
from ..tiles.fitted import Fitted
from ..tiles.fitting import fit_tiles
from ..tiles.placement import Placement
from ..tiles.walking import Look

Fit = Callable[[Scores, Mapping[str, Look]], Fitted]


def plain_fit(fitted: Fitted, session: Session) -> Dict[str, Any]:
    """For a worker.

    Parameters
    ----------
    session
        The model's own, from which one for tiles of any size may have been made.
    """
    return {
        "runtime": session.runtime,
        "rows": plain_placement(fitted.rows),
        "columns": plain_placement(fitted.columns),
        "probed": fitted.probed,
        "flexible": fitted.flexible,
        "freed": fitted.scores.session is not session,
    }


def fit_of(plain: Optional[Mapping[str, Any]]) -> Fit:
    """What fits the model's tiles: as the client has, where this worker has the same runtime."""

    def fit(scores: Scores, looks: Mapping[str, Look]) -> Fitted:
        if plain is None or plain["runtime"] != scores.session.runtime:
            return fit_tiles(scores, looks)
        if plain["freed"]:
            session = scores.session.freed()
            if session is None:
                return fit_tiles(scores, looks)
            scores = replace(scores, session=session, tile=(None, None))
        rows, columns = (_placement(plain[axis]) for axis in ("rows", "columns"))
        return Fitted(scores, rows, columns, plain["probed"], plain["flexible"])

    return fit


def plain_placement(placement: Placement) -> Dict[str, Any]:
    """A placement in plain data; of equal ones the same."""
    plain = asdict(placement)
    reach = placement.reach
    exact = {name: str(plain[name]) for name in ("scale", "start")}
    return {**plain, **exact, "reach": None if reach is None else [str(one) for one in reach]}


def _placement(plain: Mapping[str, Any]) -> Placement:
    reach = plain["reach"]
    found = None if reach is None else (_number(reach[0]), _number(reach[1]))
    exact = {name: Fraction(plain[name]) for name in ("scale", "start")}
    return Placement(**{**plain, **exact, "reach": found})


def _number(text: str) -> Any:
    """Whole numbers as such."""
    number = Fraction(text)
    return number.numerator if number.denominator == 1 else number
