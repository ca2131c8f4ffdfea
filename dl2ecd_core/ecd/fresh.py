"""An .ecd's content straight from a model and its class information, without a file."""

from __future__ import annotations

from typing import Any, Dict, Tuple

from ..class_info import ClassInfo
from ..files.stamps import stamp
from ..findings import Finding
from ..models import ModelDescription
from .content import Ecd
from .document import REFERENCED, build_document
from .reader import ecd_of
from .scan import file_entries
from .stored import StoredFile


def fresh_ecd(model: ModelDescription, info: ClassInfo, findings: Tuple[Finding, ...] = ()) -> Ecd:
    """What the .ecd of a model and its class information would say; the model is not read yet.

    The files' digests are None, since nothing has been read to make them.
    """
    location = model.primary.location
    document: Dict[str, Any] = build_document(model, info, location.name, REFERENCED)
    for entry in file_entries(document):
        del entry["SHA256"]  # a gap, which only writing fills
    files = tuple(
        StoredFile(part.path, part.size, None, part.location, stamp(part.location))
        for part in model.files
    )
    return ecd_of(document, str(location.with_suffix(".ecd")), files, findings)
