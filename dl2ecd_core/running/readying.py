"""All that a run needs, open at once: the scene, the verified model, and its session."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Iterator, Optional

from ..examination import AnyPath
from ..progress import Listener
from .bounded import bounded_session
from .opening import OpenedModel, opened_model
from .rasters.raster_library import RasterLibrary
from .rasters.scene import Scene, opened_scene
from .sessions import Session


@dataclass(frozen=True)
class Ready:
    """A scene, and a model that is ready to run on it.

    Attributes
    ----------
    workers
        Tiles at once; None for as many as there are cores.
    """

    scene: Scene
    opened: OpenedModel
    session: Session
    workers: Optional[int]


@contextmanager
def made_ready(
    scene: AnyPath,
    model: AnyPath,
    class_info: Optional[AnyPath],
    library: RasterLibrary,
    listener: Listener,
    *,
    device: str,
    workers: Optional[int],
    trusted: bool,
) -> Iterator[Ready]:
    """Open a scene and a model, for as long as they are used.

    Parameters are those of :func:`~dl2ecd_core.running.classify.classify`.

    Raises
    ------
    Dl2EcdError
        With all that is wrong with either.
    """
    with ExitStack() as closing:
        reader = closing.enter_context(opened_scene(os.fspath(scene), library))
        opened = closing.enter_context(opened_model(model, class_info, listener))
        session, room = bounded_session(opened, device=device, trusted=trusted, workers=workers)
        closing.callback(session.close)
        yield Ready(reader, opened, session, room)
