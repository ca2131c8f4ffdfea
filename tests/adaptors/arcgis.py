"""Drives Python raster functions as ArcGIS does, and less forgivingly.

Blocks come in any order, with pixels of no meaning around the scene (masked), and may not be
written to; arguments are texts, as a tool passes them on; what comes back must be of the very type,
shape and names that the contract states. NumPy alone: it runs where the function runs.

https://github.com/Esri/raster-functions/wiki/PythonRasterFunction and
https://github.com/Esri/raster-deep-learning/tree/master/docs
"""

from __future__ import annotations

import importlib.util
import json
import random
import sys
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

import numpy as np

_PIXEL_TYPES = {"t1", "t2", "t4", "i1", "i2", "i4", "u1", "u2", "u4", "f4", "f8"}
_PARAMETER = {"name", "dataType", "required", "displayName", "description"}
_DATA_TYPES = {"numeric", "string", "raster", "rasters", "boolean"}
_CONFIGURATION = {
    "extractBands": tuple,
    "compositeRasters": bool,
    "inheritProperties": int,
    "invalidateProperties": int,
    "padding": int,
    "inputMask": bool,
    "tx": int,
    "ty": int,
    "fixedTileSize": int,
    "dataRange": tuple,
}
#: Esri's raster attribute table, by name and type.
TABLE = [
    ("OID", "esriFieldTypeOID"),
    ("Value", "esriFieldTypeInteger"),
    ("Class", "esriFieldTypeString"),
    ("Red", "esriFieldTypeInteger"),
    ("Green", "esriFieldTypeInteger"),
    ("Blue", "esriFieldTypeInteger"),
]
OBJECTS = [
    ("FID", "esriFieldTypeOID"),
    ("Class", "esriFieldTypeString"),
    ("Confidence", "esriFieldTypeDouble"),
]


class Block(NamedTuple):
    """What is wanted: a rectangle of the raster."""

    top: int
    left: int
    height: int
    width: int


class Scene(NamedTuple):
    """Pixels ``(bands, rows, columns)`` and where there is data; all where None."""

    pixels: Any
    valid: Optional[Any] = None


def loaded(path: str) -> Any:
    """The class of a file that is called like it, as ArcGIS makes it."""
    name = Path(path).stem
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    function = getattr(module, name)()
    for text in (function.name, function.description):
        assert isinstance(text, str)
        assert text
    return function


class Driver:
    """A function with its model and its arguments."""

    def __init__(self, path: Any, model: Optional[str], **arguments: Any) -> None:
        # A class where it is to be driven without its file.
        self.function = loaded(path) if isinstance(path, str) else path()
        given = {"device": arguments.pop("device")} if "device" in arguments else {}
        if model is not None:
            given["model"] = model
        assert self.function.initialize(**given) is None
        self.parameters = self._parameters()
        scalars = {
            name: entry["value"] for name, entry in self.parameters.items() if "value" in entry
        }
        assert set(arguments) <= set(scalars), (arguments, scalars)
        scalars.update({"model": model, **arguments})
        self.scalars = {name: str(value) for name, value in scalars.items() if value is not None}
        self.scalars.update({key: one for key, one in given.items() if key == "device"})
        self.configuration = self._configuration()

    def _parameters(self) -> Dict[str, Dict[str, Any]]:
        listed = self.function.getParameterInfo()
        assert isinstance(listed, list)
        for entry in listed:
            assert _PARAMETER <= set(entry) <= {*_PARAMETER, "value", "domain"}
            assert entry["dataType"] in _DATA_TYPES
            assert isinstance(entry["required"], bool)
            assert entry["displayName"]
        names = [entry["name"] for entry in listed]
        assert names[:2] == ["raster", "model"]
        assert len(set(names)) == len(names)
        return {entry["name"]: entry for entry in listed}

    def _configuration(self) -> Dict[str, Any]:
        found: Dict[str, Any] = self.function.getConfiguration(**self.scalars)
        assert set(found) <= set(_CONFIGURATION)
        for key, value in found.items():
            assert type(value) is _CONFIGURATION[key], key
        assert found["inputMask"] is True
        assert min(found["tx"], found["ty"]) > 0
        assert found["padding"] >= 0
        assert not found["inheritProperties"] & 1
        return found

    # The raster ---------------------------------------------------------------------------------

    def raster_info(self, scene: Scene) -> Dict[str, Any]:
        """What becomes of a raster's description."""
        kind = scene.pixels.dtype.str[1:]
        described = {
            "bandCount": len(scene.pixels),
            "pixelType": kind,
            "noData": None,
            "cellSize": (2.0, 2.0),
            "spatialReference": 32632,
        }
        returned = self.function.updateRasterInfo(
            **self.scalars, raster_info=dict(described), output_info=dict(described)
        )
        assert set(returned) >= {"raster_info", "output_info"}
        assert returned["raster_info"] == described
        found: Dict[str, Any] = returned["output_info"]
        assert found["bandCount"] == 1
        assert found["pixelType"] in _PIXEL_TYPES
        assert isinstance(found["noData"], np.ndarray)
        assert found["noData"].shape == (1,)
        assert found["noData"].dtype == np.dtype(found["pixelType"])
        assert found["spatialReference"] == 32632
        return found

    def attribute_table(self, info: Dict[str, Any]) -> List[Dict[str, Any]]:
        """The rows of the raster attribute table."""
        assert type(info["rasterAttributeTable"]) is str
        return _rows(json.loads(info["rasterAttributeTable"]), TABLE)

    def classified(
        self,
        scene: Scene,
        *,
        info: Optional[Dict[str, Any]] = None,
        size: Optional[Tuple[int, int]] = None,
        told: bool = True,
        clipped: bool = False,
    ) -> Tuple[Any, Any]:
        """All pixels, and where there are any.

        Parameters
        ----------
        size
            Rows and columns of blocks, where they are others than was asked for.
        told
            Whether the size of the raster is known.
        clipped
            Whether blocks end with the raster.
        """
        info = info or self.raster_info(scene)
        height, width = scene.pixels.shape[1:]
        values = np.zeros((height, width), info["pixelType"])
        seen = np.zeros((height, width), "u1")
        props = {
            "pixelType": info["pixelType"],
            "cellSize": (2.0, 2.0),
            "spatialReference": 32632,
            "extent": (0.0, 0.0, 2.0 * width, 2.0 * height),
            "noData": info["noData"],
            **({"width": width, "height": height} if told else {}),
        }
        rows, columns = size or (self.configuration["ty"], self.configuration["tx"])
        for number, block in enumerate(shuffled(height, width, rows, columns)):
            if clipped:
                block = _clipped(block, height, width)
            # One band may come with an axis of its own, and without.
            shapes = [(block.height, block.width), (1, block.height, block.width)]
            for shape in shapes[min(number, 1) :]:
                tlc = (float(block.left), float(block.top))
                found = self.function.updatePixels(
                    tlc, shape, dict(props), **self.pixel_blocks(scene, block)
                )
                pixels, mask = found["output_pixels"], found["output_mask"]
                assert pixels.shape == mask.shape == shape
                assert pixels.dtype == np.dtype(props["pixelType"])
                assert mask.dtype == np.uint8
            here = _clipped(block, height, width)
            place = (slice(here.top, here.top + here.height),
                     slice(here.left, here.left + here.width))  # fmt: skip
            values[place] = pixels[0, : here.height, : here.width]
            seen[place] = mask[0, : here.height, : here.width]
            outside = mask.copy()
            outside[0, : here.height, : here.width] = 0
            assert not outside.any()
        return values, seen

    def pixel_blocks(self, scene: Scene, block: Block) -> Dict[str, Any]:
        """The pixels of a block with its padding: no data outside of the scene."""
        padding, bands = self.configuration["padding"], self.configuration["extractBands"]
        _, height, width = scene.pixels.shape
        size = block.height + 2 * padding, block.width + 2 * padding
        nothing = (block.top * 7919 + block.left) % 100
        pixels = np.full((len(bands), *size), nothing, scene.pixels.dtype)
        mask = np.zeros((len(bands), *size), "u1")
        top, left = block.top - padding, block.left - padding
        first, end = max(top, 0), min(top + size[0], height)
        start, stop = max(left, 0), min(left + size[1], width)
        if first < end and start < stop:
            here = (slice(None), slice(first - top, end - top), slice(start - left, stop - left))
            there = (slice(first, end), slice(start, stop))
            pixels[here] = scene.pixels[list(bands)][(slice(None), *there)]
            mask[here] = 1 if scene.valid is None else scene.valid[there]
        for array in (pixels, mask):
            array.flags.writeable = False
        return {"raster_pixels": pixels, "raster_mask": mask}

    def key_metadata(self, names: Tuple[str, ...] = (), **known: Any) -> Dict[int, Dict[str, Any]]:
        """What becomes of the metadata of the dataset and of its band."""
        if not hasattr(self.function, "updateKeyMetadata"):
            return {-1: dict(known), 0: dict(known)}
        return {
            band: dict(self.function.updateKeyMetadata(names, band, **known)) for band in (-1, 0)
        }

    # Objects ------------------------------------------------------------------------------------

    def fields(self) -> List[Tuple[str, str]]:
        """The fields of the objects."""
        told = json.loads(self.function.getFields())
        assert self.function.getGeometryType() == 4
        return [(field["name"], field["type"]) for field in told["fields"]]

    def objects(
        self, scene: Scene, *, size: Optional[Tuple[int, int]] = None
    ) -> List[Dict[str, Any]]:
        """The objects of all blocks in the raster's pixels, as they are: none is taken out."""
        height, width = scene.pixels.shape[1:]
        rows, columns = size or (self.configuration["ty"], self.configuration["tx"])
        found: List[Dict[str, Any]] = []
        for block in shuffled(height, width, rows, columns):
            returned = self.function.vectorize(**self.pixel_blocks(scene, block))
            assert type(returned["output_vectors"]) is str
            told = json.loads(returned["output_vectors"])
            assert told["geometryType"] == "esriGeometryPolygon"
            for feature, values in zip(told["features"], _rows(told, OBJECTS, "OID")):
                rings = feature["geometry"]["rings"]
                for ring in rings:
                    assert len(ring) >= 4
                    assert ring[0] == ring[-1]
                moved = [[(x + block.left, y + block.top) for x, y in ring] for ring in rings]
                found.append({**values, "rings": moved})
        return found


def shuffled(height: int, width: int, rows: int, columns: int) -> Iterator[Block]:
    """The blocks of a raster, in an order of no meaning."""
    blocks = [
        Block(top, left, rows, columns)
        for top in range(0, height, rows)
        for left in range(0, width, columns)
    ]
    random.Random(5).shuffle(blocks)
    return iter(blocks)


def _clipped(block: Block, height: int, width: int) -> Block:
    return block._replace(
        height=min(block.height, height - block.top), width=min(block.width, width - block.left)
    )


def _rows(
    told: Dict[str, Any], fields: List[Tuple[str, str]], oid: str = ""
) -> List[Dict[str, Any]]:
    """The rows of a record set, which must be one of these fields."""
    assert [(field["name"], field["type"]) for field in told["fields"]] == fields
    assert told["fieldAliases"] == {name: name for name, _ in fields}
    names = [oid or fields[0][0], *(name for name, _ in fields[1:])]
    rows = [feature["attributes"] for feature in told["features"]]
    for number, row in enumerate(rows, 1):
        assert list(row) == names
        assert row[names[0]] == number
        for name, kind in fields[1:]:
            wanted = {"esriFieldTypeString": str, "esriFieldTypeInteger": int}.get(kind, float)
            assert type(row[name]) is wanted
    return rows
