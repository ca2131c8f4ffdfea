"""Layers through pyogrio, which is imported on first use."""

from __future__ import annotations

import warnings
from pathlib import Path

from .extras import not_installed
from .layer_library import Layer, LayerError


class PyogrioLibrary:
    """As :class:`~dl2ecd_core.running.layer_library.LayerLibrary`.

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
                    crs=layer.crs,
                    layer_options=dict(layer.options),
                    dataset_options=dict(layer.dataset_options) or None,
                )
        except (DataSourceError, RuntimeError) as error:
            raise LayerError(str(error)) from error
