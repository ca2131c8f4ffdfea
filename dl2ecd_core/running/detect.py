"""Detect: a scene and a definition become a layer of objects with classes and scores."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Callable, List, Optional

from ..examination import AnyPath
from ..exports.legend import legend_of
from ..files.output import check_target
from ..files.replacing import check_replaceable
from ..findings import Finding, Place, in_order
from ..findings.rules import finding
from ..findings.wording import counted, pixels_text, quoted
from ..progress import Listener
from .extras import not_installed
from .inputs.model_input import checked_options
from .inputs.scene_findings import said_of_scene
from .maps.no_data import has_data, without_data
from .maps.part_file import part_folder
from .maps.preview import PREVIEW
from .maps.report import BandsTaken, path_text
from .maps.result_key import area_key, model_key, scene_key
from .objects.detector import DetectOptions, Detector, detector_for, labels_of
from .objects.found import Objects
from .objects.kept import kept
from .objects.layer import GEOJSON, OBJECTS, write_layer
from .objects.picture import write_object_preview
from .objects.region import Region
from .objects.report import Detection, counted_objects
from .objects.searching import Runner, Search, found_by, runner
from .objects.style import STYLE, write_style
from .opening import OpenedModel
from .rasters.area import area_of
from .rasters.extent import window_of
from .rasters.georeference import Extent
from .rasters.layer_library import LayerLibrary
from .rasters.pyogrio_library import PyogrioLibrary
from .rasters.raster import Window
from .rasters.raster_library import RasterLibrary
from .rasters.rasterio_library import RasterioLibrary
from .rasters.scene import Scene
from .readying import made_ready

#: What a listener hears when all objects are found: its bar stays full until it goes.
WRITING = "Writing the layer"


def detect(
    scene: AnyPath,
    model: AnyPath,
    layer: AnyPath,
    *,
    class_info: Optional[AnyPath] = None,
    options: Optional[DetectOptions] = None,
    extent: Optional[Extent] = None,
    aoi: Optional[AnyPath] = None,
    preview: Optional[AnyPath] = None,
    device: str = "cpu",
    workers: Optional[int] = None,
    trusted: bool = False,
    overwrite: bool = False,
    messages: Optional[Listener] = None,
    library: Optional[RasterLibrary] = None,
    run_tiles: Optional[Callable[[Detector], Runner]] = None,
    layers: Optional[LayerLibrary] = None,
) -> Detection:
    """Find the objects of a scene.

    Parameters
    ----------
    scene
        A raster that GDAL reads.
    model
        An .ecd, .emd or .dlpk; or a model, with its `class_info`.
    layer
        The polygons to write: a GeoPackage (.gpkg) in the scene's coordinate system, or GeoJSON
        (.geojson) in WGS 84; with a style for QGIS beside it (.qml).
    class_info
        The class information document of a model.
    options
        Bands, scaling, lowest score, classes, overlap.
    extent
        West, south, east and north in the scene's coordinate system, where only a part of the
        scene is wanted.
    aoi
        A file of polygons. Of an extent and of an area are the objects whose boxes have their
        middle in it.
    preview
        A small picture of the scene with the outlines of its objects and their legend (PNG).
    device, workers, trusted, messages, library
        As in :func:`~dl2ecd_core.running.classify.classify`.
    layers
        What writes the layer; pyogrio by default.
    overwrite
        Replace a file at the output's place also where this project did not write it.
    run_tiles
        What runs tiles in place of this process, given the detector: other machines.

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
    >>> detect("scene.tif", "trees.ecd", "trees.gpkg")  # doctest: +SKIP
    """
    began = time.monotonic()
    asked = checked_options(options, DetectOptions, "detect")
    listener = messages or Listener()
    target = Path(layer)
    style = target.with_suffix(".qml")
    inputs = [Path(path) for path in (scene, model, class_info, aoi) if path is not None]
    check_target(target, inputs)
    check_replaceable(target, OBJECTS, inputs, overwrite=overwrite)
    check_replaceable(style, STYLE, inputs, overwrite=overwrite)
    picture = None if preview is None else Path(preview)
    if picture is not None:
        check_replaceable(picture, PREVIEW, inputs, overwrite=overwrite)
    _check_installed()
    writing = layers or PyogrioLibrary()
    rasters = library or RasterioLibrary()
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
        for output in filter(None, (target, style, picture)):
            check_target(output, reader.files)
        detector, said = detector_for(opened, session, reader, asked)
        legend = legend_of(opened.ecd, "qml")
        findings = [
            *opened.findings,
            *said,
            *said_of_scene(reader, detector.bands, detector.scaling, detector.entry.data_type),
        ]
        findings += [*legend.findings, *_said_of_place(reader, target)]
        for item in in_order(findings):
            listener.found(item)
        area = None if aoi is None else area_of(Path(aoi), reader, reader.georeference, rasters)
        whole = window = Window(0, reader.height, 0, reader.width)
        if extent is not None:
            window = window_of(reader.georeference, extent, whole, reader.name)
        region = Region(None if window == whole else window, area)
        key = {
            **scene_key(scene, reader),
            **model_key(opened, detector.bands, detector.scaling),
            "detector": detector.settings,
            "window": str(window),
            "aoi": area_key(aoi),
        }
        seen = area or reader
        with part_folder(target, key) as folder:
            run = (
                runner(seen, detector, ready.workers, listener)
                if run_tiles is None
                else run_tiles(detector)
            )
            late: List[Finding] = []
            run = kept(run, folder, late.append)
            found = found_by(run, (reader.height, reader.width), detector, region)
            late += _said_of_pieces(found, detector)
            if not len(found.objects) and not has_data(seen, detector.bands, window):
                part = region.window
                late.append(without_data(reader.name, area=area, aoi=aoi, window=part))
            elif not len(found.objects):
                late.append(_said_of_none(detector))
            for item in late:
                listener.found(item)
                findings.append(item)
            reader.stamps.check()
            objects = _placed(found.objects, opened)

            def write_beside() -> None:
                if picture is not None:
                    bands = detector.bands
                    write_object_preview(picture, reader, bands, window, objects, legend.rows)
                write_style(style, legend.rows)

            classes, place = opened.ecd.classes, reader.georeference
            listener.progressed(1, 1, WRITING)
            write_layer(target, objects, classes, place, writing, write_beside)
        return Detection(
            os.fspath(layer),
            in_order(findings),
            session.runtime,
            detector.scaling.with_source,
            time.monotonic() - began,
            counted_objects(objects, opened.ecd.classes),
            str(detector.reading),
            detector.overlap,
            found.tiles,
            path_text(preview),
            BandsTaken.from_places(detector.bands, reader.band_names),
        )


def _check_installed() -> None:
    """Before anything takes time: what suppresses objects is there."""
    try:
        import shapely  # noqa: F401
    except ImportError as error:
        raise not_installed("shapely", "detect", "find objects") from error


def _placed(objects: Objects, opened: OpenedModel) -> Objects:
    """Objects whose labels are places in the definition's list of classes."""
    import numpy

    places = labels_of(opened)
    labels = numpy.array([places[label] for label in objects.labels.tolist()], "int64")
    return replace(objects, labels=labels)


def _said_of_place(reader: Scene, target: Path) -> List[Finding]:
    place = reader.georeference
    if place.crs is not None and place.transform is not None:
        return []
    what = (
        "no place on the earth: objects are given in its pixels, columns to the right and rows "
        "downwards (negative), as QGIS shows it"
        if place.transform is None
        else "no coordinate system: objects are given in its coordinates without one"
    )
    more = "; GeoJSON is in degrees for most programs" if target.suffix == GEOJSON else ""
    return [
        finding(
            "scene-without-place",
            f"{quoted(reader.name, 400)} has {what}{more}.",
            hint="Give the scene its coordinate system first, if it has one.",
            where=Place(file=reader.name),
        )
    ]


def _said_of_none(detector: Detector) -> Finding:
    best = detector.missed.seen
    told = "" if best is None else f" Of tiles without any, the best score is {best:.2g}."
    return finding(
        "objects-none",
        f"No object that is wanted has a score of at least {detector.score:g}.{told}",
        hint="Give a lower --score to see what there is. Where that shows nothing of use, look "
        "whether bands, scaling and the size of pixels are those that the model was trained with.",
    )


def _said_of_pieces(found: Search, detector: Detector) -> List[Finding]:
    if not found.cut:
        return []
    return [
        finding(
            "objects-cut",
            f"{counted(found.cut, 'object')} {'ends' if found.cut == 1 else 'end'} where a tile "
            "does, and no tile shows more: there may be a part that is missing.",
            hint="Look at them; with more --overlap, tiles show more of each. Neighbouring tiles "
            f"share {pixels_text(detector.overlap)}.",
        )
    ]


__all__ = ["DetectOptions", "detect"]
