"""Whether a scene's files are still what they were when they were opened.

A scene that somebody writes to while it is read gives a map of two scenes, and one that is gone on
with after that a map of another.
"""

from __future__ import annotations

from pathlib import Path
from typing import Sequence, Tuple

from ...files.stamps import AnyPath, Stamp, Stamped, changed, stamps_before
from ..extras import RunningRefused


class SceneStamps:
    """Files of a scene, and what they were.

    Parameters
    ----------
    files
        Before the scene is opened.
    """

    def __init__(self, files: Sequence[AnyPath]) -> None:
        self._stamps: Stamped = stamps_before(files)

    def key(self) -> Tuple[Tuple[int, int, int], ...]:
        """What tells the scene from others: also from one that was made to look as old."""
        return tuple((one.size, one.modified, one.changed) for _, one in self._stamps)

    def check(self) -> None:
        """Refuse a scene that is not what it was.

        Who may read it, and under which other names it goes, may have changed.

        Raises
        ------
        RunningRefused
            ``file-changed``.
        """
        now = dict(stamps_before(path for path, _ in self._stamps))
        for path, before in self._stamps:
            if path not in now or _content(now[path]) != _content(before):
                raise RunningRefused(changed(Path(path), "scene's file").findings)


def _content(stamp: Stamp) -> Tuple[int, int, int]:
    return stamp.size, stamp.modified, stamp.inode
