"""Raster Vision: a learner with an ONNX model, as its tutorial has it.

https://docs.rastervision.io/en/0.31/usage/tutorials/onnx_inference.html
"""

import os
import sys
from importlib.metadata import version
from pathlib import Path

from clock import Clock, report

scene, model, out, classes, tile = sys.argv[1:]
# Otherwise a package asks the network for a newer one of itself.
os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"
clock = Clock()

from rastervision.core.data import (  # noqa: E402
    ClassConfig,
    RasterioSource,
    Scene,
    SemanticSegmentationLabelStore,
)
from rastervision.core.rv_pipeline import SemanticSegmentationPredictOptions  # noqa: E402
from rastervision.pytorch_learner import (  # noqa: E402
    DataConfig,
    SemanticSegmentationLearner,
    SemanticSegmentationLearnerConfig,
)
from rastervision.pytorch_learner.utils.prediction import predict_scene_ss  # noqa: E402

clock.imported()
folder = Path(f"{out}.folder")
source = RasterioSource(scene)
names = [f"class {number}" for number in range(int(classes))]
class_config = ClassConfig(names=names, null_class=names[0])
store = SemanticSegmentationLabelStore(
    uri=str(folder), crs_transformer=source.crs_transformer, class_config=class_config
)
data = DataConfig(class_config=class_config, img_sz=int(tile))
learner = SemanticSegmentationLearner(
    cfg=SemanticSegmentationLearnerConfig(data=data), model_weights_path=model, training=False
)
options = SemanticSegmentationPredictOptions(chip_sz=int(tile))
labels = predict_scene_ss(learner, Scene(id="", raster_source=source, label_store=store), options)
store.save(labels)
figures = clock.stop()

(folder / "labels.tif").replace(out)
folder.rmdir()
report(
    figures,
    version("rastervision_core"),
    f"no overlap, {options.batch_sz} chips at once, {data.num_workers} processes that read",
)
