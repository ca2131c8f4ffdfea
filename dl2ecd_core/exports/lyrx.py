"""ArcGIS Pro layer file (.lyrx): a raster layer with unique values, in Esri's JSON.

The objects and their properties: https://github.com/Esri/cim-spec (docs/v2 and v3,
CIMImageLayers.md, CIMVectorLayers.md for the data connection, CIMColor.md, CIMDocument.md).
CIM colors are red, green, blue from 0 to 255 and opacity from 0 to 100. Version 2.9 is written,
since each ArcGIS Pro reads files of older versions but not of newer ones.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Tuple

from ..color import Color
from ..ecd.content import Ecd
from ..ecd.layout import text_of
from ..files.output import whole_file
from ..findings import Finding
from ..findings.wording import quoted
from ..progress import Listener
from .earlier import json_object, keys_of
from .legend import Legend, LegendRow, incomplete, legend_of

ENDINGS = (".lyrx",)
_VERSION, _BUILD = "2.9.0", 32739
_URI = "CIMPATH=map/classified_raster.xml"


def is_earlier(path: Path, ecd: Ecd) -> bool:
    """Whether a file is a layer of one legend, with nothing set that this tool does not set."""
    ours = _document(legend_of(ecd, "lyrx"), "")
    older = json_object(path)
    return (
        older is not None
        and older.get("type") == ours["type"]
        and older.get("layers") == ours["layers"]
        and keys_of(older) <= keys_of(ours)
    )


def write(ecd: Ecd, target: Path, listener: Listener, *, overwrite: bool) -> Tuple[Finding, ...]:
    """Write the layer file to `target`."""
    del listener, overwrite  # Over in an instant; nothing lies beside it.
    legend = legend_of(ecd, "lyrx")
    raster = f"{legend.title}.tif"
    with whole_file(target) as output:
        output.write(text_of(_document(legend, raster)).encode("ascii"))
    return (
        *legend.findings,
        incomplete(
            ecd,
            f"The layer file can't know the classified raster; it names {quoted(raster)} in its "
            "own folder.",
            "Give the raster that name, or choose it in ArcGIS Pro (Layer Properties, Source), or "
            "use the file with Apply Symbology From Layer.",
        ),
    )


def _document(legend: Legend, raster: str) -> Dict[str, Any]:
    return {
        "type": "CIMLayerDocument",
        "version": _VERSION,
        "build": _BUILD,
        "layers": [_URI],
        "layerDefinitions": [
            {
                "type": "CIMRasterLayer",
                "name": legend.title,
                "uRI": _URI,
                "expanded": True,
                "layerType": "Operational",
                "showLegends": True,
                "visibility": True,
                "displayCacheType": "Permanent",
                "maxDisplayCacheAge": 5,
                "showPopups": True,
                "dataConnection": {
                    "type": "CIMStandardDataConnection",
                    "workspaceConnectionString": "DATABASE=.",
                    "workspaceFactory": "Raster",
                    "dataset": raster,
                    "datasetType": "esriDTRasterDataset",
                },
                "colorizer": _colorizer(legend),
            }
        ],
    }


def _colorizer(legend: Legend) -> Dict[str, Any]:
    return {
        "type": "CIMRasterUniqueValueColorizer",
        # Anything but the nearest pixel would mix class values.
        "resamplingType": "NearestNeighbor",
        "noDataColor": _color((255, 255, 255), opacity=0),
        "defaultColor": _color((225, 225, 225)),
        "defaultLabel": "<all other values>",
        "fieldName": "Value",
        "useDefaultColor": False,
        "groups": [
            {
                "type": "CIMRasterUniqueValueGroup",
                "classes": [_class(row) for row in legend.rows],
                "heading": "Class",
            }
        ],
    }


def _class(row: LegendRow) -> Dict[str, Any]:
    return {
        "type": "CIMRasterUniqueValueClass",
        "values": [str(row.value)],
        "label": row.name,
        "color": _color(row.color),
        "editable": True,
        "visible": True,
    }


def _color(color: Color, opacity: int = 100) -> Dict[str, Any]:
    return {"type": "CIMRGBColor", "values": [*color, opacity]}
