"""What Esri's published raster functions give for the demo's definition: expected.json beside this.

Read, run, and not copied: https://github.com/Esri/raster-deep-learning (commit 55aa753), with
CNTK 2.7, NumPy 1.19.5 on Python 3.6::

    python make_truth.py CHECKOUT/python_raster_functions landcover.ecd expected.json

landcover.ecd is the demo's model with the class information of test_esri.py. ObjectDetector gets a
child that adds nothing, since those that Esri published need other files.
"""

import hashlib
import importlib
import json
import os
import shutil
import sys
import tempfile

import numpy as np

#: Tiles that go together, and pixels of a tile with and without its border.
ROWS, COLUMNS, INPUT, OUTPUT = 1, 2, 64, 60


def pixels(bands, rows, columns):
    """Pixels that need no file: alike in every version of NumPy."""
    band, row, column = np.indices((bands, rows, columns))
    return ((row * 37 + column * 101 + band * 61 + (row * column) % 251) % 256).astype("uint8")


def classifier(folder, model):
    """All that ImageClassifier says and gives."""
    sys.path.insert(0, folder)
    function = importlib.import_module("ImageClassifier").ImageClassifier()
    function.initialize(model=model)
    told = {"parameters": {"": function.getParameterInfo()}}
    configuration = function.getConfiguration()
    told["configuration"] = {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in configuration.items()
    }
    info = function.updateRasterInfo(output_info={"pixelType": "u1"})["output_info"]
    told["attribute_table"] = json.loads(info["rasterAttributeTable"])
    told["band_count"] = info["bandCount"]
    told["changes_key_metadata"] = hasattr(function, "updateKeyMetadata")
    size = (configuration["ty"] + INPUT - OUTPUT, configuration["tx"] + INPUT - OUTPUT)
    block = pixels(4, *size)
    mask = np.ones(block.shape, "u1")
    found = function.updatePixels(
        (0, 0), size, {"pixelType": "u1"}, raster_pixels=block, raster_mask=mask
    )["output_pixels"]
    told["shape"] = list(found.shape)
    told["counts"] = np.bincount(found.ravel()).tolist()
    told["sha256"] = hashlib.sha256(found.astype("u1").tobytes()).hexdigest()
    for key in ("ModelPadding", "BatchSize"):
        kept = function.json_info.pop(key)
        told["parameters"][key] = function.getParameterInfo()
        function.json_info[key] = kept
    return told


def detector(folder):
    """All that ObjectDetector says by itself."""
    place = tempfile.mkdtemp()
    for name in os.listdir(folder):
        if name.endswith(".py"):
            shutil.copy(os.path.join(folder, name), place)
    os.mkdir(os.path.join(place, "Stub"))
    with open(os.path.join(place, "Stub", "Nothing.py"), "w") as file:
        file.write(
            "class ChildObjectDetector:\n"
            "    def initialize(self, model, model_as_file):\n        pass\n"
            "    def getParameterInfo(self, given):\n        return given\n"
        )
    sys.path.insert(0, place)
    function = importlib.import_module("ObjectDetector").ObjectDetector()
    document = {"Framework": "Stub", "ModelConfiguration": "Nothing", "BatchSize": 1}
    path = os.path.join(place, "a.emd")
    with open(path, "w") as file:
        json.dump(document, file)
    function.initialize(model=path)
    told = {"parameters": {"": function.getParameterInfo()}}
    del function.json_info["BatchSize"]
    told["parameters"]["BatchSize"] = function.getParameterInfo()
    told["fields"] = json.loads(function.getFields())
    told["geometry_type"] = function.getGeometryType()
    features = importlib.import_module("features").features
    told["features"] = dict(features, features=[])
    shutil.rmtree(place)
    return told


if __name__ == "__main__":
    told = {"classifier": classifier(*sys.argv[1:3]), "detector": detector(sys.argv[1])}
    with open(sys.argv[3], "w") as file:
        json.dump(told, file, indent=1, sort_keys=True)
        file.write("\n")
