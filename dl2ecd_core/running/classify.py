"""Classify: a scene and a definition become a map with values, colors and names."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Mapping, Optional

from ..examination import AnyPath
from ..findings import in_order
from ..network.data_types import width_of
from ..progress import Listener
from .building import Options, classifier_for
from .classifier import Classifier
from .inputs.model_input import checked_options
from .inputs.scene_findings import said_of_scene
from .maps.no_data import without_data
from .maps.one_class import said_of_one_class
from .maps.outputs import checked_outputs
from .maps.report import BandsTaken, Classification, counted_classes, path_text
from .maps.result import Result
from .maps.result_key import scene_key, work_key
from .probabilities import said_of_probabilities
from .rasters.area import area_of
from .rasters.extent import window_of
from .rasters.georeference import Extent, Georeference
from .rasters.raster import Window
from .rasters.raster_library import RasterLibrary
from .rasters.rasterio_library import RasterioLibrary
from .rasters.scene import Scene
from .readying import made_ready
from .sessions.scores import Scores
from .tile_room import with_room
from .tiles.fitted import Fitted
from .tiles.fitting import fit_tiles
from .tiles.walking import Look


def classify(
    scene: AnyPath,
    model: AnyPath,
    raster: AnyPath,
    *,
    class_info: Optional[AnyPath] = None,
    options: Optional[Options] = None,
    probabilities: Optional[AnyPath] = None,
    extent: Optional[Extent] = None,
    aoi: Optional[AnyPath] = None,
    preview: Optional[AnyPath] = None,
    device: str = "cpu",
    workers: Optional[int] = None,
    trusted: bool = False,
    overwrite: bool = False,
    messages: Optional[Listener] = None,
    library: Optional[RasterLibrary] = None,
) -> Classification:
    """Classify every pixel of a scene.

    Parameters
    ----------
    scene
        A raster that GDAL reads.
    model
        An .ecd, .emd or .dlpk; or a model, with its `class_info`.
    raster
        The map to write: a cloud optimised GeoTIFF with colors, and names beside it (.aux.xml).
    class_info
        The class information document of a model.
    options
        Bands, scaling, value for no data, threshold: ``ClassifyOptions(scale="scale 10000")``.
    probabilities
        A second raster, with the probability of each class.
    extent
        West, south, east and north in the scene's coordinate system, where only a part of the map
        is wanted: bit for bit that part of the whole.
    aoi
        A file of polygons; outside of them is no data.
    preview
        A small picture of the map with its legend (PNG).
    device
        ``cpu``, ``cuda`` or ``auto``.
    workers
        Tiles at once, at most; as many as there are cores by default. Of large tiles one runs at a
        time where memory has no room for more, with so many cores.
    trusted
        Run also a model that is a program (TorchScript, .pt2).
    overwrite
        Replace a raster at the output's place also where this project did not write it.
    messages
        Hears findings and progress, and may cancel.
    library
        What reads and writes rasters; rasterio by default.

    Raises
    ------
    Dl2EcdError
        With all findings; what was there before is untouched.
    Cancelled
        When `messages` says so.
    TypeError
        When `options` are of another kind.

    Examples
    --------
    >>> classify("scene.tif", "landcover.ecd", "map.tif")  # doctest: +SKIP
    >>> asked = Options(bands=[4, 1, 2, 3], scale=["scale 10000"])  # ClassifyOptions
    >>> classify("scene.tif", "landcover.ecd", "map.tif", options=asked)  # doctest: +SKIP
    """
    began = time.monotonic()
    asked = checked_options(options, Options, "classify")
    listener = messages or Listener()
    rasters = library or RasterioLibrary()
    outputs = checked_outputs(
        raster,
        probabilities,
        preview,
        (scene, model, class_info, aoi),
        rasters,
        overwrite=overwrite,
    )
    with made_ready(
        scene,
        model,
        class_info,
        rasters,
        listener,
        device=device,
        workers=workers,
        trusted=trusted,
    ) as ready:
        reader, opened, session = ready.scene, ready.opened, ready.session
        outputs.check_not_read(reader.files)
        place = reader.georeference
        area = None if aoi is None else area_of(Path(aoi), reader, place, rasters)

        def fit(scores: Scores, looks: Mapping[str, Look]) -> Fitted:
            row = reader.width * _bytes_a_pixel(scores, reader, shares=probabilities is not None)
            return with_room(fit_tiles(scores, looks), opened.model, workers, row=row)

        classifier, said = classifier_for(opened, session, reader, asked, fit)
        of_values = [
            *said_of_scene(
                reader, classifier.bands, classifier.scaling, classifier.fitted.scores.data_type
            ),
        ]
        if outputs.probabilities is not None:
            of_values += said_of_probabilities(classifier.probabilities, opened.ecd.name)
        findings = in_order([*opened.findings, *said, *of_values])
        for item in findings:
            listener.found(item)
        plan = classifier.plan(reader.height, reader.width)
        place = place_of(place, classifier)
        window = Window(0, plan.height, 0, plan.width)
        if extent is not None:
            window = window_of(place, extent, window, reader.name)
        result = Result(outputs, classifier, opened.ecd, rasters, window, place)
        key = {**scene_key(scene, reader), **work_key(opened, classifier, window, aoi)}
        counts, late = result.make(
            area or reader, key, ready.workers, listener, reader.stamps.check
        )
        findings = in_order([*findings, *late])
        classes, nodata, background = counted_classes(
            counts, opened.ecd, classifier, reader.georeference
        )
        if nodata[1] == window.height * window.width:
            part = (
                None
                if extent is None
                else reader.georeference.window_of(extent, reader.height, reader.width)
            )
            late = [without_data(reader.name, area=area, aoi=aoi, window=part)]
        else:
            late = said_of_one_class(reader.name, classes, background)
        for item in late:
            listener.found(item)
        findings = in_order([*findings, *late])
        return Classification(
            os.fspath(raster),
            findings,
            session.runtime,
            classifier.scaling.with_source,
            time.monotonic() - began,
            classes,
            nodata,
            classifier.halo(reader.height, reader.width),
            background,
            reader.georeference.area_unit,
            path_text(probabilities),
            path_text(preview),
            BandsTaken.from_places(classifier.bands, reader.band_names),
        )


def _bytes_a_pixel(scores: Scores, reader: Scene, *, shares: bool) -> int:
    """Of a strip at work: the scene's, and probabilities as tiles give them and side by side."""
    layers = scores.session.outputs[scores.output].size_of("C") or 1
    return scores.bands * width_of(reader.data_type) + (layers * 2 * 4 if shares else 1)


def place_of(scene: Georeference, classifier: Classifier) -> Georeference:
    """Where the whole map of a scene lies."""
    rows, columns = classifier.fitted.rows, classifier.fitted.columns
    return scene.resized(
        (rows.scale, columns.scale), (rows.start - rows.lead, columns.start - columns.lead)
    )
