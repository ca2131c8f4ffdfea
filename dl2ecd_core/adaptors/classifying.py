"""Classify: a Python raster function that classifies each pixel with an .ecd's model."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Dict, List, Sequence, Tuple

from ..exports.legend import legend_of
from ..running.building import Options, classifier_for
from ..running.classifier import Classifier
from ..running.engine import strips
from ..running.opening import OpenedModel
from ..running.rasters.raster import Window
from ..running.sessions import Session
from ..running.tiles.fitting import fitted_to
from ..running.tiles.placement import Placement
from ..running.tiles.planning import Plan, Span
from . import contract, placing
from .blocks import BlockReader, unseen
from .function import ModelFunction
from .opening import said_in_arcgis

if TYPE_CHECKING:
    from ..running.sessions import Array


class Classification(ModelFunction[Classifier]):
    """The function, by ArcGIS's contract."""

    _instead = "dl2ecd classify SCENE MODEL MAP.tif --trust-model"

    def __init__(self) -> None:
        super().__init__()
        self.name = "Classify"
        self.description = (
            "Classifies each pixel of a raster with the model of a classifier definition (.ecd), "
            "model definition (.emd) or deep learning package (.dlpk)."
        )

    def getParameterInfo(self) -> List[Dict[str, Any]]:
        """The parameters: those of Esri's classifiers, and the scaling where nothing says it."""
        known = self._opened is not None and "ModelPadding" in self._opened.ecd.document
        return self._listed(*([] if known else ["padding"]))

    def getConfiguration(self, **scalars: Any) -> Dict[str, Any]:
        """Which bands and how much around a block are needed, and how large blocks are best."""
        opened, batch, configuration = self._configured(scalars)
        rows, columns = opened.made.fitted.rows, opened.made.fitted.columns
        return {
            **configuration,
            "padding": placing.padding_of((rows, columns), int(scalars.get("padding") or 0)),
            "tx": placing.inner_size(columns, batch),
            "ty": placing.inner_size(rows, batch),
            "invalidateProperties": contract.INVALIDATED,
        }

    def updateRasterInfo(self, **kwargs: Any) -> Dict[str, Any]:
        """One band with the classes' values, and a raster attribute table of them."""
        import numpy

        opened = self._open(kwargs)
        kind = contract.data_type_of(kwargs["raster_info"]["pixelType"])
        with said_in_arcgis():
            opened.scaling(kind, self._asked)
            rows = legend_of(opened.ecd, "raster").rows
        values = opened.made.values
        kwargs["output_info"].update(
            bandCount=1,
            pixelType=contract.PIXEL_TYPES[values.data_type],
            noData=numpy.array([values.nodata], values.data_type),
            statistics=(),
            histogram=(),
            rasterAttributeTable=contract.attribute_table(
                (row.value, row.name, row.color) for row in rows
            ),
        )
        return kwargs

    def updatePixels(
        self, tlc: Sequence[float], shape: Sequence[int], props: Dict[str, Any], **pixelBlocks: Any
    ) -> Dict[str, Any]:
        """The values of the classes, and where there are any."""
        import numpy

        opened = self._open({})
        pixels, valid = placing.pixels_and_valid(pixelBlocks, opened.bands)
        values = opened.made.values
        kind = props["pixelType"]
        if kind not in contract.fitting_types([*values.by_index, values.nodata]):
            raise ValueError(f"Pixels of the type {kind} don't hold the values of all classes.")
        found = numpy.full(shape[-2:], values.nodata, values.data_type)
        if valid.any():
            place = placing.place_of(tlc, shape, props, valid)
            with said_in_arcgis():
                scaling = opened.scaling(str(pixels.dtype), self._asked)
                classifier = replace(opened.made, scaling=scaling)
                _classify(classifier, BlockReader(place, pixels, valid), found)
        pixelBlocks["output_pixels"] = found.astype(kind).reshape(shape)
        pixelBlocks["output_mask"] = (found != values.nodata).astype("u1").reshape(shape)
        return pixelBlocks

    def updateKeyMetadata(
        self, names: Sequence[str], bandIndex: int, **keyMetadata: Any
    ) -> Dict[str, Any]:
        """Nothing changes: as with Esri's classifiers, the raster attribute table says it all."""
        del names, bandIndex
        return keyMetadata

    def _make(self, opened: OpenedModel, session: Session) -> Tuple[Classifier, int, str]:
        scene, bands = unseen(opened.ecd.band_count or 0)
        # Scaling is chosen when pixels come: their type counts.
        made, _ = classifier_for(opened, session, scene, Options(bands, ("none",)))
        return made, len(made.bands), made.fitted.scores.data_type


def _classify(classifier: Classifier, reader: BlockReader, found: Array) -> None:
    """Fill in the values of the pixels in the middle of a block."""
    import numpy

    fitted = fitted_to(classifier.fitted, reader.height, reader.width)
    classifier = replace(classifier, fitted=fitted)
    (rows, down), (columns, across) = map(
        placing.result_places,
        fitted.placements(reader.height, reader.width),
        reader.place[:2],
        reader.place[2:],
        reader.size,
        found.shape,
    )
    if not rows or not columns:
        return
    window = Window(down[0], down[-1] + 1, across[0], across[-1] + 1)
    result = numpy.empty((window.height, window.width), found.dtype)
    for strip in strips(reader, classifier, _plan(classifier, reader, window), window):
        first = strip.top - window.top
        result[first : first + len(strip.values)] = strip.values
    under = numpy.ix_(numpy.array(down) - window.top, numpy.array(across) - window.left)
    found[numpy.ix_(rows, columns)] = result[under]


def _plan(classifier: Classifier, reader: BlockReader, window: Window) -> Plan:
    """The tiles that give a window: as few as there can be, where any may be taken."""
    plan = classifier.plan(reader.height, reader.width)
    rows, columns = classifier.fitted.placements(reader.height, reader.width)
    if plan.blended or not rows.step or not columns.step:
        return plan
    return replace(
        plan,
        rows=_spans(rows, reader.height, window.top, window.bottom),
        columns=_spans(columns, reader.width, window.left, window.right),
    )


def _spans(axis: Placement, size: int, first: int, end: int) -> Tuple[Span, ...]:
    return tuple(
        Span(origin, axis.tile, start, stop, skip)
        for origin, start, stop, skip in placing.window_spans(axis, size, first, end)
    )
