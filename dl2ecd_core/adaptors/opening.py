"""A definition with its model, opened as ArcGIS names it, and what is said where that fails."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import Callable, Iterator, Optional, Tuple, TypeVar

from ..ecd.content import Ecd
from ..findings.errors import Dl2EcdError
from ..pane.speech import sentence
from ..running.bounded import bounded_session
from ..running.opening import OpenedModel, opened_model
from ..running.processes.cores import cores
from ..running.sessions import Session

Made = TypeVar("Made")


class RasterFunctionError(RuntimeError):
    """What ArcGIS shows when a raster function can't go on: sentences, one a line."""


@contextmanager
def said_in_arcgis(command: str = "") -> Iterator[None]:
    """Let what is refused be said as ArcGIS shows it.

    Parameters
    ----------
    command
        What to run in a terminal instead, where a model does not run here.
    """
    try:
        yield
    except Dl2EcdError as error:
        lines = [sentence(item) for item in error.findings]
        if command and any(item.rule == "model-is-program" for item in error.findings):
            lines.append(f"It does not run in ArcGIS. In a terminal: {command}")
        raise RasterFunctionError("\n".join(lines)) from error
    except ImportError as error:
        raise RasterFunctionError(
            f"{error.name or 'A library'} is missing from ArcGIS's Python ({sys.prefix}). In a "
            "clone of its environment: pip install 'dl2ecd[run,detect]'"
        ) from error


def opened_with(
    model: object, device: Optional[object], make: Callable[[OpenedModel, Session], Made]
) -> Tuple[Ecd, Session, Made]:
    """A definition, its session, and what is made of both while the model's files are there.

    Parameters
    ----------
    model
        The path of an .ecd, .emd or .dlpk.
    device
        A number as ArcGIS gives it: none or -1 for the processor, else a graphics card if there is
        one.

    Raises
    ------
    Dl2EcdError
        With all findings.
    RasterFunctionError
        When `model` is no path.
    """
    if not isinstance(model, (str, os.PathLike)) or str(model).lstrip().startswith("{"):
        raise RasterFunctionError("Give the path of an .ecd, .emd or .dlpk as the model.")
    card = isinstance(device, (int, float)) and device != -1
    with opened_model(model) as opened:
        session, _ = bounded_session(opened, device="auto" if card else "cpu", workers=cores())
        return opened.ecd, session, make(opened, session)
