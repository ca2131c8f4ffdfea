"""The name that is proposed for the output."""

from __future__ import annotations

import ntpath
import posixpath
from pathlib import PurePosixPath, PureWindowsPath
from typing import Optional

#: The file that stands for a SavedModel's folder.
_SAVED_MODEL = ("saved_model.pb", "saved_model.pbtxt")


def proposed_beside(source: str, ending: str) -> Optional[str]:
    """A name beside a file, with another ending; None where that makes no sense.

    Examples
    --------
    >>> proposed_beside("c:/test/scene.tif", "_classified.tif")
    'c:/test/scene_classified.tif'
    """
    windows = bool(PureWindowsPath(source).drive)
    flavour = ntpath if windows else posixpath
    pure = PureWindowsPath(source) if windows else PurePosixPath(source)
    if not pure.is_absolute() or not pure.name:
        # A bare name would end up in whatever folder ArcGIS happens to be in.
        return None
    return f"{flavour.splitext(source)[0]}{ending}"


def proposed_output(model: str) -> Optional[str]:
    """The .ecd beside the model, with its base name; None where that makes no sense.

    A SavedModel's saved_model.pb stands for its folder, so the .ecd lies beside the folder.
    Nothing is looked up on disk.

    Examples
    --------
    >>> proposed_output("c:/test/cntk.model")
    'c:/test/cntk.ecd'
    >>> proposed_output("/models/landcover/saved_model.pb")
    '/models/landcover.ecd'
    """
    windows = bool(PureWindowsPath(model).drive)
    flavour = ntpath if windows else posixpath
    pure = PureWindowsPath(model) if windows else PurePosixPath(model)
    if not pure.is_absolute() or not pure.name:
        # A bare name would end up in whatever folder ArcGIS happens to be in.
        return None
    subject = model
    if pure.name.lower() in _SAVED_MODEL and pure.parent.name:
        subject = flavour.dirname(model)
    stem = flavour.splitext(subject)[0] if subject == model else subject
    proposal = f"{stem}.ecd"
    return None if flavour.normcase(proposal) == flavour.normcase(model) else proposal
