"""A stand-in for Esri's published Python raster functions: what they read, and nothing else.

It follows the rules of ImageClassifier.py and its templates in
https://github.com/Esri/raster-deep-learning/tree/master/python_raster_functions:
the file is opened as text in the locale's encoding and parsed as JSON whatever its extension;
only root keys are read; ModelFile is relative to the file.
"""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import Any, Dict, List


class EsriReader:
    """What a reader gets from a definition; a missing key is the KeyError that they raise.

    Parameters
    ----------
    path
        An .emd or .ecd.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        # Windows machines often use this encoding; it has no letter for some bytes.
        with path.open(encoding="cp1252") as handle:
            self.info: Dict[str, Any] = json.load(handle)
        configuration = self.info["ModelConfiguration"]
        name = configuration if isinstance(configuration, str) else configuration["Name"]
        self.module = f"{self.info['Framework']}.{name}"
        model_file = self.info["ModelFile"].replace("\\", os.sep)
        self.model_path = (path.parent / model_file).resolve()
        self.tile = (int(self.info["ImageWidth"]), int(self.info["ImageHeight"]))
        self.bands = tuple(self.info["ExtractBands"])
        # Without these keys the reader asks the person for padding and batch size.
        self.asks_for = [key for key in ("ModelPadding", "BatchSize") if key not in self.info]

    @property
    def attribute_table(self) -> List[Dict[str, Any]]:
        """The rows of the raster attribute table that the reader makes."""
        return [
            {
                "OID": number,
                "Value": entry["Value"],
                "Class": entry["Name"],
                "Red": entry["Color"][0],
                "Green": entry["Color"][1],
                "Blue": entry["Color"][2],
            }
            for number, entry in enumerate(self.info["Classes"], 1)
        ]


def read_package(package: Path, folder: Path) -> EsriReader:
    """Unpack a .dlpk and open its definition, of which there must be exactly one."""
    with zipfile.ZipFile(package) as archive:
        assert archive.testzip() is None
        archive.extractall(folder)
    (definition,) = folder.rglob("*.emd")
    assert definition.parent == folder
    return EsriReader(definition)
