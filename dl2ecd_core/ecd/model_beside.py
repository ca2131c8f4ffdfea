"""Whether the file that ModelFile names is there, which Esri's readers open.

An embedded model is whole inside the .ecd, and this project needs nothing else. Esri's published
readers know nothing of that: they join ModelFile to the folder of the .ecd and open that file.
"""

from __future__ import annotations

from pathlib import Path
from typing import List

from ..files.plain_files import is_plain
from ..findings import Finding, Place
from ..findings.rules import finding
from ..findings.wording import quoted
from .content import Ecd
from .document import EMBEDDED

#: The rule of the warning.
BESIDE = "ecd-model-not-beside"


def check_model_beside(ecd: Ecd) -> List[Finding]:
    """The same of an .ecd that was read; a referenced model is looked for by every reader."""
    named = ecd.document.get("ModelFile")
    if ecd.storage != EMBEDDED or not isinstance(named, str) or not named:
        return []
    return check_model_file(Path(ecd.name).parent, named, ecd.name)


def check_model_file(folder: Path, named: str, ecd: str) -> List[Finding]:
    """A warning when there is no such file.

    Parameters
    ----------
    folder
        Of the .ecd.
    named
        ModelFile.
    ecd
        The .ecd's path as the user gave it.
    """
    if is_plain(folder / named.replace("\\", "/")):
        return []
    return [
        finding(
            BESIDE,
            f"ModelFile {quoted(named, 400)} is not there. The .ecd holds the model's bytes, but "
            "Esri's readers open that file.",
            hint="For them, put the model's files there, for example with dl2ecd extract.",
            where=Place(file=ecd, path="$.ModelFile"),
        )
    ]
