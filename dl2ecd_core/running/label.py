"""Label: pictures of a folder, or what lies around points of a scene, get one class each."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Optional

from ..examination import AnyPath
from ..exports.legend import legend_of
from ..files.output import check_target
from ..files.replacing import check_replaceable
from ..findings import in_order
from ..progress import Listener
from .bounded import bounded_session
from .chips.labeller import labeller_for
from .chips.looking import Work, around_points, of_folder
from .chips.table import CSV, LABELS, write_labels
from .extras import not_installed
from .inputs.model_input import InputOptions, checked_options
from .objects.layer import SCORE, class_fields
from .objects.report import Detection, counted_by_class
from .objects.style import STYLE
from .opening import opened_model
from .rasters.georeference import NO_SYSTEM
from .rasters.raster_library import RasterLibrary
from .rasters.rasterio_library import RasterioLibrary


def label(
    pictures: AnyPath,
    model: AnyPath,
    table: AnyPath,
    *,
    points: Optional[AnyPath] = None,
    fit: Optional[str] = None,
    class_info: Optional[AnyPath] = None,
    options: Optional[InputOptions] = None,
    device: str = "cpu",
    workers: Optional[int] = None,
    trusted: bool = False,
    overwrite: bool = False,
    messages: Optional[Listener] = None,
    library: Optional[RasterLibrary] = None,
) -> Detection:
    """Give one class to each picture.

    Parameters
    ----------
    pictures
        A folder of pictures; or a scene, with `points`.
    model
        An .ecd, .emd or .dlpk of a model that gives one class to a picture; or that model, with its
        `class_info`.
    table
        What is written: a table (.csv), or a layer (.gpkg, .geojson) with a style for QGIS beside
        it; of points, or of the outlines of pictures that have a place.
    points
        A file of points (GeoPackage, GeoJSON, Shapefile, CSV with x and y): the model looks at as
        many pixels around each as it takes.
    fit
        What to do with pictures of another size than the model's: ``stretch`` or ``crop``.
    options
        Bands and scaling.
    class_info, device, workers, trusted, overwrite, messages, library
        As in :func:`~dl2ecd_core.running.detect.detect`.

    Raises
    ------
    Dl2EcdError
        With all findings; what was there before is untouched.
    Cancelled
        When `messages` says so.

    Examples
    --------
    >>> label("pictures", "roofs.ecd", "roofs.csv")  # doctest: +SKIP
    >>> label("scene.tif", "roofs.ecd", "roofs.gpkg", points="houses.gpkg")  # doctest: +SKIP
    """
    began = time.monotonic()
    asked = checked_options(options, InputOptions, "label")
    listener = messages or Listener()
    target = Path(table)
    inputs = [Path(path) for path in (pictures, model, class_info, points) if path is not None]
    check_target(target, inputs)
    check_replaceable(target, LABELS, inputs, overwrite=overwrite)
    layer = target.suffix.lower() != CSV
    if layer:
        check_replaceable(target.with_suffix(".qml"), STYLE, inputs, overwrite=overwrite)
    if layer or points is not None:
        _check_installed()
    with ExitStack() as closing:
        opened = closing.enter_context(opened_model(model, class_info, listener))
        session, room = bounded_session(opened, device=device, trusted=trusted, workers=workers)
        closing.callback(session.close)
        labeller = labeller_for(opened, session, fit)
        legend = legend_of(opened.ecd, "qml")
        work = Work(opened, session, labeller, asked, library or RasterioLibrary())
        if points is None:
            found = of_folder(work, Path(pictures), room, listener)
        else:
            found = around_points(work, os.fspath(pictures), Path(points), room, listener)
        findings = in_order([*opened.findings, *found.findings, *legend.findings])
        for item in findings:
            listener.found(item)
        classes = opened.ecd.classes
        fields = {
            found.what: found.names,
            **class_fields(found.labels, classes),
            SCORE: found.scores,
        }
        shapes, system = found.shapes(target) if layer else (None, NO_SYSTEM)
        write_labels(target, fields, shapes, system, legend.rows)
        return Detection(
            os.fspath(table),
            findings,
            session.runtime,
            found.scaling,
            time.monotonic() - began,
            counted_by_class(found.labels, found.scores, classes),
            "a class for each picture",
            0,
            len(found.names),
            bands=found.bands,
        )


def _check_installed() -> None:
    try:
        import pyogrio  # noqa: F401
        import shapely  # noqa: F401
    except ImportError as error:
        raise not_installed("pyogrio", "detect", "read points and write layers") from error


__all__ = ["label"]
