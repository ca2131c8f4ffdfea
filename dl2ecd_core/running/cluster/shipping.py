"""The model on its way to the workers: one definition that holds all of it, and its digest."""

from __future__ import annotations

import copy
from pathlib import Path, PurePosixPath
from typing import Any, Dict, Tuple

from ...ecd.document import EMBEDDED
from ...ecd.layout import Gap
from ...ecd.scan import file_entries
from ...ecd.writer import write_ecd
from ...files.digests import sha256_of
from ...files.stamps import stamp
from ...models import ModelPart
from ...progress import Listener
from ..opening import OpenedModel


def shipped(opened: OpenedModel, target: Path, listener: Listener) -> Tuple[Path, str]:
    """Write a definition with the model's files embedded, wherever they were; its SHA-256.

    Workers verify and open it as any other definition.
    """
    files = opened.ecd.files
    root = opened.primary.parents[len(PurePosixPath(files[0].path).parts) - 1]
    parts = []
    for item in files:
        location = root / item.path
        status = stamp(location)
        parts.append((ModelPart(item.path, location, status.size), status))
    document: Dict[str, Any] = copy.deepcopy(dict(opened.ecd.document))
    document["Definitions"][0]["Model"]["Storage"] = EMBEDDED
    for index, entry in enumerate(file_entries(document)):
        entry.update({"SHA256": Gap("digest", index), "Data": Gap("data", index)})
    write_ecd(target, document, parts, listener)
    return target, sha256_of(target)
