"""Layers through pyogrio, which is imported on first use."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Optional

from ..extras import not_installed
from .georeference import System
from .layer_library import Layer, LayerError


class PyogrioLibrary:
    """As :class:`~dl2ecd_core.running.rasters.layer_library.LayerLibrary`.

    Raises
    ------
    RunningRefused
        ``runtime-missing``, before anything takes time.
    """

    def __init__(self) -> None:
        try:
            import pyogrio  # noqa: F401
        except ImportError as error:
            raise not_installed("pyogrio", "detect", "write objects") from error

    def write(self, target: Path, layer: Layer) -> None:
        """Write a layer."""
        import numpy
        import pyogrio.raw
        from pyogrio.errors import DataSourceError

        try:
            with warnings.catch_warnings():
                # That a scene has no coordinate system is said in our own words.
                warnings.simplefilter("ignore", UserWarning)
                pyogrio.raw.write(
                    str(target),
                    numpy.array([*layer.shapes, None], object)[:-1],
                    list(layer.fields.values()),
                    list(layer.fields),
                    layer=layer.name,
                    driver=layer.driver,
                    geometry_type=layer.kind,
                    crs=_named(layer.system),
                    layer_options=dict(layer.options),
                    dataset_options=dict(layer.dataset_options) or None,
                )
        except (DataSourceError, RuntimeError) as error:
            raise LayerError(str(error)) from error


def _named(system: System) -> Optional[str]:
    """A coordinate system as GDAL takes it, with its year where it has a code.

    Of a system without a code GDAL takes no year in a text
    (https://gdal.org/en/stable/user/coordinate_epoch.html).
    """
    crs, epoch = system
    if crs is None or epoch is None:
        return crs
    from rasterio.crs import CRS

    # Nothing less than the very system.
    code = CRS.from_wkt(crs).to_authority(confidence_threshold=100)
    return crs if code is None else f"{':'.join(code)}@{epoch!r}"
