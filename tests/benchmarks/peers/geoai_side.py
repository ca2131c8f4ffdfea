"""geoai-py: its tiled inference for any PyTorch module, around the network in ONNX Runtime.

Its class for ONNX models takes three bands and averages the numbers of classes.
"""

import os
import sys
from importlib.metadata import version

from clock import Clock, report

scene, model, out, classes, tile = sys.argv[1:]
# Otherwise a package asks the network for a newer one of itself.
os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"
clock = Clock()

import numpy as np  # noqa: E402
import onnxruntime  # noqa: E402
import torch  # noqa: E402
from geoai.inference import predict_geotiff  # noqa: E402

clock.imported()


class Network(torch.nn.Module):
    """An ONNX model as a module."""

    def __init__(self, path):
        super().__init__()
        self.session = onnxruntime.InferenceSession(path)
        self.name = self.session.get_inputs()[0].name

    def forward(self, image):
        return torch.from_numpy(self.session.run(None, {self.name: image.numpy()})[0])


predict_geotiff(
    Network(model),
    scene,
    out,
    tile_size=int(tile),
    num_classes=int(classes),
    output_dtype="uint8",
    output_nodata=255,
    postprocess_fn=lambda scores: np.argmax(scores, axis=0),
)
figures = clock.stop()
report(figures, version("geoai-py"), "overlap of 64, blended; 4 tiles at once")
