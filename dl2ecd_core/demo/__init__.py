"""A small real model with its class information, to see the main job done once.

The model was made by make_demo.py beside this file, with CNTK 2.7.
"""

from __future__ import annotations

from pathlib import Path

from ..files.output import check_target, refused, whole_file, write_failure
from ..findings.wording import printable

MODEL = "landcover.model"
CLASS_INFO = "classes.json"
ECD = "landcover.ecd"


def unpack(folder: Path) -> None:
    """Put model and class information into a folder, making it if need be.

    Raises
    ------
    ConversionRefused
        When a file of that name is there already and is another one.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_failure(error, folder) from error
    for name in (MODEL, CLASS_INFO):
        content = (Path(__file__).parent / name).read_bytes()
        target = folder / name
        check_target(target)
        if target.exists():
            if target.read_bytes() == content:
                continue
            raise refused(
                "output-exists",
                f"The file '{printable(str(target), 400)}' exists already and is not the demo's.",
                "Give another folder.",
                target,
            )
        with whole_file(target) as output:
            output.write(content)
