"""The assets of a STAC Item: a model's files, where they lie and what they hold.

File extension 2.1: https://github.com/stac-extensions/file/tree/v2.1.0
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import Dict, List, Optional, Sequence
from urllib.parse import quote

from ..ecd.content import Ecd
from ..ecd.payload import Progress
from ..ecd.stored import Embedded, StoredFile
from ..files.output_set import OutputSet
from ..findings.wording import printable
from ..progress import Listener
from .placing import digest_of, place_files
from .slugs import distinct_slugs, without_surrogates

#: Multihash of SHA-256: the code of the function and the digest's length in bytes.
#: https://github.com/multiformats/multicodec/blob/master/table.csv
_SHA256 = "1220"

#: What the extension calls the artifacts of these formats; others go by the format's own id.
#: https://github.com/stac-extensions/mlm/blob/v1.5.0/best-practices.md
_ARTIFACTS = {
    "pytorch-zip": "torch.save",
    "pytorch-legacy": "torch.save",
    "torchscript": "torch.jit.save",
    "pytorch-export": "torch.export.save",
}

_LOCAL_PATH = re.compile(r"[^\r\n\t\\:'\"/]+(?:/[^\r\n\t\\:'\"/]+)*")


def placed_assets(
    ecd: Ecd, target: Path, outputs: OutputSet, listener: Listener, *, overwrite: bool
) -> Dict[str, Dict[str, object]]:
    """The assets of the Item at `target`; embedded files are placed beside it first.

    Raises
    ------
    Dl2EcdError
        When the files are not there, are not those the .ecd was made with, or can't be placed.
    """
    references = _references(ecd, target)
    if references is None:
        place_files(ecd, target, outputs, listener, overwrite=overwrite)
        # What was placed has been checked against its digest.
        digests = [digest_of(item) for item in ecd.files]
        references = [item.path for item in ecd.files]
    else:
        progress = Progress(listener, sum(item.size for item in ecd.files))
        digests = [_checked_digest(item, progress) for item in ecd.files]
    return _assets(ecd, references, digests)


def _references(ecd: Ecd, target: Path) -> Optional[List[str]]:
    """Paths from the item to the model's files; None when they must be placed beside it."""
    folder = target.parent.resolve()
    references: List[str] = []
    for item in ecd.files:
        if isinstance(item.source, Embedded):
            return None
        # Folders are resolved, since '..' is taken from where a link leads; names are kept.
        location = item.source.parent.resolve() / item.source.name
        try:
            references.append(Path(os.path.relpath(location, folder)).as_posix())
        except ValueError:
            return None
    return references


def _checked_digest(item: StoredFile, progress: Progress) -> str:
    """A file's SHA-256, from reading it to its end: the stated one may be of an older file."""
    digest = hashlib.sha256()
    for piece in item.chunks():
        digest.update(piece)
        progress.advance(len(piece), f"Reading {printable(item.path)}")
    return digest.hexdigest()


def _assets(
    ecd: Ecd, references: Sequence[str], digests: Sequence[str]
) -> Dict[str, Dict[str, object]]:
    """The model's files: the primary one as the model, the others as what it needs."""
    companions = distinct_slugs((f"file-{item.path}", "file") for item in ecd.files[1:])
    assets: Dict[str, Dict[str, object]] = {}
    for key, item, reference, digest in zip(("model", *companions), ecd.files, references, digests):
        asset: Dict[str, object] = {
            "href": _href(reference),
            "title": without_surrogates(item.path),
            "type": "application/octet-stream",
            "roles": ["data"] if assets else ["mlm:model"],
        }
        if not assets:
            model_format = without_surrogates(str(ecd.model.get("Format") or "unknown"))
            asset["mlm:artifact_type"] = _ARTIFACTS.get(model_format, model_format)
        asset["file:size"] = item.size
        asset["file:checksum"] = _SHA256 + digest.lower()
        if _LOCAL_PATH.fullmatch(item.path):
            asset["file:local_path"] = without_surrogates(item.path)
        assets[key] = asset
    return assets


def _href(path: str) -> str:
    escaped = quote(path, safe="/", errors="surrogatepass")
    return escaped if escaped.startswith("../") else f"./{escaped}"
