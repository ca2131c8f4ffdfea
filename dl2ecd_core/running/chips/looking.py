"""Pictures go through a model, one class comes out for each."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Deque, Iterable, Iterator, List, Optional, Sequence, Tuple

from ...findings import Finding, Place
from ...findings.errors import Cancelled
from ...findings.rules import finding
from ...findings.wording import counted, quoted
from ...progress import Listener
from ...scaling.steps import Scaling
from ..engine import pools
from ..extras import RunningRefused
from ..inputs.band_units import said_of_units
from ..inputs.model_input import InputOptions, model_input
from ..inputs.scene_findings import said_of_scene
from ..inputs.value_range import said_of_range
from ..maps.report import BandsTaken
from ..objects.found import boxes
from ..objects.layer import outlines
from ..opening import OpenedModel
from ..processes.cores import cores
from ..rasters.georeference import NO_SYSTEM, Georeference, System
from ..rasters.raster import ArrayReader, Window
from ..rasters.raster_library import RasterLibrary
from ..rasters.scene import opened_scene
from ..sessions import Session
from .labeller import Labeller, check_size
from .pictures import around, pictures_in, read_points
from .table import FEATURE, PICTURE

if TYPE_CHECKING:
    from ..sessions import Array

#: What a listener hears.
LABELLING = "Looking at pictures"
#: Of a folder, so many pictures tell whether its values are those of the scaling: a single one may
#: be dark, all of them hardly.
_TELLING = 20

#: A picture's pixels and their scaling; None where there is no data.
Chip = Optional[Tuple["Array", Scaling]]
#: The place of its class, if it has one, and its probability.
Label = Tuple[Optional[int], float]


@dataclass(frozen=True)
class Work:
    """What looking at pictures needs."""

    opened: OpenedModel
    session: Session
    labeller: Labeller
    options: InputOptions
    library: RasterLibrary

    def labels(
        self, chips: Iterable[Chip], count: int, workers: Optional[int], listener: Listener
    ) -> Iterator[Label]:
        """The label of each picture, in their order."""
        many = workers or cores()
        running: Deque[Future[Label]] = deque()
        with pools(many) as (_, pool):
            for done, chip in enumerate(chips):
                running.append(pool.submit(self._label, chip))
                if len(running) > many:
                    yield running.popleft().result()
                if listener.cancelled():
                    raise Cancelled
                listener.progressed(done + 1, count, LABELLING)
            while running:
                yield running.popleft().result()

    def _label(self, chip: Chip) -> Label:
        return (None, 0.0) if chip is None else self.labeller.label(*chip)


@dataclass(frozen=True)
class Found:
    """What pictures were given; those without a class are left out.

    Attributes
    ----------
    what
        The name of the field for names.
    names
        Of pictures, or numbers of features.
    labels
        Places in the definition's list of classes.
    bands
        Of the scene, or of the first picture.
    places
        Where each lies: a point, or a georeference with rows and columns.
    """

    what: str
    names: Array
    labels: Array
    scores: Array
    scaling: str
    findings: Tuple[Finding, ...]
    bands: BandsTaken
    points: Optional[Array] = None
    system: System = NO_SYSTEM
    pictures: Sequence[Tuple[Georeference, int, int]] = ()

    def shapes(self, target: Path) -> Tuple[Array, System]:
        """Points or outlines, and their coordinate system."""
        import numpy
        import shapely

        if self.points is not None:
            return shapely.points(self.points), self.system
        systems = {place.system for place, _, _ in self.pictures}
        placed = all(place.transform is not None for place, _, _ in self.pictures)
        if len(systems) != 1 or not placed:
            raise RunningRefused([_without_place(target)])
        shapes = [
            outlines(
                boxes(numpy.array([[0, 0, width, height]]), numpy.ones(1), numpy.zeros(1, int)),
                place,
            )
            for place, height, width in self.pictures
        ]
        return numpy.concatenate(shapes), systems.pop()


def of_folder(work: Work, folder: Path, workers: Optional[int], listener: Listener) -> Found:
    """What the pictures of a folder are given."""
    import numpy

    paths = pictures_in(folder)
    places: List[Tuple[Georeference, int, int]] = []
    said: List[Finding] = []
    inputs: List[Tuple[BandsTaken, str]] = []
    of_values: List[List[Finding]] = []
    kind = work.labeller.scores.data_type

    def chips() -> Iterator[Chip]:
        for path in paths:
            with opened_scene(os.fspath(path), work.library) as picture:
                check_size(work.labeller, (picture.height, picture.width), str(path))
                bands, scaling, found = model_input(
                    work.opened, work.session, picture, work.options, kind
                )
                if not inputs:
                    said.extend([*found, *said_of_units(picture, bands, scaling)])
                    taken = BandsTaken.from_places(bands, picture.band_names)
                    inputs.append((taken, scaling.with_source))
                places.append((picture.georeference, picture.height, picture.width))
                window = Window(0, picture.height, 0, picture.width)
                block = picture.read(window, bands)
                if len(of_values) < _TELLING:
                    seen = ArrayReader(block.pixels, block.valid, name=str(path))
                    of_values.append(said_of_range(seen, range(len(bands)), scaling, kind))
                yield block.pixels, scaling

    given = list(work.labels(chips(), len(paths), workers, listener))
    known = [at for at, (place, _) in enumerate(given) if place is not None]
    return Found(
        PICTURE,
        numpy.array([paths[at].name for at in known], object),
        numpy.array([given[at][0] for at in known], int),
        numpy.array([given[at][1] for at in known], float),
        inputs[0][1],
        (
            *said,
            *(of_values[0] if all(of_values) else ()),
            *_said_of_none(len(paths) - len(known), "picture", work),
        ),
        inputs[0][0],
        pictures=[places[at] for at in known],
    )


def around_points(
    work: Work, scene: str, table: Path, workers: Optional[int], listener: Listener
) -> Found:
    """What lies around the points of a table is given."""
    import numpy

    with opened_scene(scene, work.library) as reader:
        points = read_points(table, reader.georeference)
        size = _chip_size(work, reader.name)
        kind = work.labeller.scores.data_type
        bands, scaling, said = model_input(work.opened, work.session, reader, work.options, kind)
        said = (*said, *said_of_scene(reader, bands, scaling, kind))
        pixels = points.pixels(reader.georeference)
        inside = numpy.all((pixels >= 0) & (pixels < (reader.width, reader.height)), axis=1)
        chosen = numpy.flatnonzero(inside)
        points, pixels = points.taken(chosen), pixels[chosen]

        def chips() -> Iterator[Chip]:
            for column, row in pixels.tolist():
                block = around(reader, bands, (column, row), size)
                nothing = block.valid is not None and not bool(block.valid.any())
                yield None if nothing else (block.pixels, scaling)

        given = list(work.labels(chips(), len(points), workers, listener))
        known = [at for at, (place, _) in enumerate(given) if place is not None]
        lacking = len(inside) - len(known)
        return Found(
            FEATURE,
            points.features[known],
            numpy.array([given[at][0] for at in known], int),
            numpy.array([given[at][1] for at in known], float),
            scaling.with_source,
            (*said, *_said_of_none(lacking, "point", work)),
            BandsTaken.from_places(bands, reader.band_names),
            points.places[known],
            reader.georeference.system,
        )


def _chip_size(work: Work, name: str) -> Tuple[int, int]:
    """Rows and columns around a point: the model's, else what the definition says."""
    document = work.opened.ecd.document
    noted = tuple(document.get(key) for key in ("ImageHeight", "ImageWidth"))
    own = tuple(one if isinstance(one, int) and one > 0 else 0 for one in noted)
    height, width = work.labeller.size(own)
    if height and width:
        return height, width
    raise RunningRefused(
        [
            finding(
                "chip-size",
                "The model takes pictures of any size, and nothing says how many pixels around a "
                "point it is to see.",
                hint="Say it in the class information: ImageHeight and ImageWidth.",
                where=Place(file=name),
            )
        ]
    )


def _said_of_none(count: int, what: str, work: Work) -> List[Finding]:
    """Of pictures that have no class: they are left out."""
    if not count:
        return []
    return [
        finding(
            "pictures-without-class",
            f"{counted(count, what)} {'is' if count == 1 else 'are'} left out: outside of the "
            "scene, without data, or of no class that the definition lists.",
            where=Place(file=work.opened.ecd.name),
        )
    ]


def _without_place(target: Path) -> Finding:
    return finding(
        "pictures-without-place",
        f"{quoted(str(target), 400)} would hold the outlines of the pictures, and some have no "
        "place, or another coordinate system than others.",
        hint="Write a table: a name that ends in .csv.",
        where=Place(file=str(target)),
    )
