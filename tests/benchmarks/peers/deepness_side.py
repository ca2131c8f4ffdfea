"""Deepness: the part of the QGIS plugin that works, without its dialog.

The clock starts when QGIS is up, as it is for those who use the plugin. What the plugin makes are
polygons, from a raster in memory whose small areas a median filter removes: here the raster is
written as it comes, and no polygons are made. Another run makes all that its users get by default.
"""

import os
import sys
from dataclasses import replace
from pathlib import Path

from clock import Clock, report

os.environ["QT_QPA_PLATFORM"] = "offscreen"
# QGIS writes no statistics beside the scene.
os.environ["GDAL_PAM_ENABLED"] = "NO"

from qgis.core import QgsApplication, QgsRasterLayer

scene, model, out, classes, tile = sys.argv[1:]
application = QgsApplication([], False)
application.initQgis()
layer = QgsRasterLayer(scene, "scene")
clock = Clock()

import deepness  # noqa: E402
from deepness.common.channels_mapping import (  # noqa: E402
    ChannelsMapping,
    ImageChannelStandaloneBand,
)
from deepness.common.processing_overlap import (  # noqa: E402
    ProcessingOverlap,
    ProcessingOverlapOptions,
)
from deepness.common.processing_parameters.map_processing_parameters import (  # noqa: E402
    ProcessedAreaType,
)
from deepness.common.processing_parameters.segmentation_parameters import (  # noqa: E402
    SegmentationParameters,
)
from deepness.processing.map_processor.map_processor_segmentation import (  # noqa: E402
    MapProcessorSegmentation,
)
from deepness.processing.models.segmentor import Segmentor  # noqa: E402
from osgeo import gdal_array  # noqa: E402

clock.imported()


class RasterOnly(MapProcessorSegmentation):
    """Stops before polygons."""

    def _create_vlayer_from_mask_for_base_extent(self, mask_img):
        del mask_img
        return lambda: None


segmentor = Segmentor(model)
bands = ChannelsMapping()
bands.set_image_channels(
    [
        ImageChannelStandaloneBand(band_number=band, name=f"band {band}")
        for band in range(1, layer.bandCount() + 1)
    ]
)
bands.set_number_of_model_inputs_same_as_image_channels()
overlap = 15
parameters = SegmentationParameters(
    resolution_cm_per_px=100 * layer.rasterUnitsPerPixelX(),
    processed_area_type=ProcessedAreaType.ENTIRE_LAYER,
    tile_size_px=int(tile),
    batch_size=1,
    local_cache=False,
    input_layer_id=layer.id(),
    mask_layer_id=None,
    processing_overlap=ProcessingOverlap(
        ProcessingOverlapOptions.OVERLAP_IN_PERCENT, percentage=overlap
    ),
    input_channels_mapping=bands,
    # Neither a median filter nor a least probability: both would make another map.
    postprocessing_dilate_erode_size=0,
    pixel_classification__probability_threshold=float("-inf"),
    model=segmentor,
)
processor = RasterOnly(rlayer=layer, vlayer_mask=None, map_canvas=None, params=parameters)
processor.run()
# Classes are counted from 1 there.
values = processor.get_result_img()[0] - 1
gdal_array.SaveArray(values, out, "GTiff", prototype=scene)
figures = clock.stop()
clock = Clock()
usual = replace(parameters, postprocessing_dilate_erode_size=9)
MapProcessorSegmentation(rlayer=layer, vlayer_mask=None, map_canvas=None, params=usual).run()
figures["whole"] = figures["imports"] + clock.stop()["wall"]
version = (Path(deepness.__file__).parent / "metadata.txt").read_text("utf-8")
report(
    figures,
    version.split("\nversion=")[1].split()[0],
    f"overlap of {overlap} %, one tile at once; without its polygons and median filter",
)
