"""A scene on its way to a map: looked at, cut into windows, put together; and what is done of it.

Everything here is at the client. The pixels are not: workers read the scene and write the map.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any, Dict, Iterator, List, Optional, Set, Tuple

from ...findings import Finding
from ...findings.errors import Dl2EcdError
from ..classifier import Classifier
from ..classify import place_of
from ..maps.no_data import without_data
from ..maps.one_class import said_of_one_class
from ..maps.outputs import Outputs
from ..maps.part_file import no_room
from ..maps.report import counted_classes
from ..probabilities import said_of_probabilities
from ..rasters.extent import window_of
from ..rasters.georeference import Extent
from ..rasters.raster import Window
from .dispatching import Dispatcher, Outcome, Task
from .fits import plain_fit
from .grid import Grid, grid_of
from .held import HeldModel
from .orders import Described, Plain, SceneFiles, Work, finding_of
from .stacking import paths_of
from .unfinished import Unfinished, counted
from .worker import tiles_of

_NOTHING = Window(0, 0, 0, 0)


@dataclass
class MapJob:
    """A map that is being made of a scene.

    Attributes
    ----------
    files
        What the scene is read from.
    outputs
        What is made.
    extent
        The part that is wanted.
    known
        Stamps of the scene's files when there is a map of just that already.
    side
        Rows and columns of the scene under a window; 0 for what suits it.
    described, classifier, wanted
        Known when the scene has been looked at.
    counts, runtimes
        Of the pixels, and of what ran the model, as far as it is done.
    windows, ready
        How many windows there are, and how many are done.
    """

    files: SceneFiles
    outputs: Outputs
    work: Work
    model: HeldModel
    extent: Optional[Extent] = None
    known: Optional[Any] = None
    side: int = 0
    described: Optional[Described] = None
    classifier: Optional[Classifier] = None
    wanted: Window = _NOTHING
    findings: List[Finding] = field(default_factory=list)
    counts: Counter[int] = field(default_factory=Counter)
    runtimes: Set[str] = field(default_factory=set)
    windows: int = 0
    ready: int = 0
    failed: bool = False
    done: bool = False
    unchanged: bool = False
    _unfinished: Optional[Unfinished] = None
    _common: Plain = field(default_factory=dict)

    def known_scene(self) -> Tuple[Described, Classifier]:
        """What is known when the scene has been looked at.

        Raises
        ------
        ValueError
            When it has not.
        """
        if self.described is None or self.classifier is None:
            raise ValueError("the scene was not looked at")
        return self.described, self.classifier

    def sources(self) -> List[str]:
        """The files that the scene is read from."""
        return paths_of(self.files)

    def first_task(self) -> Task:
        """To look at the scene."""
        order: Plain = {"work": self.work.plain(), "scene": self.files.plain(), "known": self.known}
        return Task("describe", order, self)

    def heard(self, outcome: Outcome, dispatcher: Dispatcher) -> None:
        """Go on with what a worker told."""
        if self.failed:
            return
        try:
            if outcome.result is None:
                raise Dl2EcdError(outcome.findings)
            if outcome.task.what == "describe":
                self._described(outcome.result, dispatcher)
            elif outcome.task.what == "window":
                self._window_done(outcome.task.order, outcome.result, dispatcher)
            else:
                self._finished()
        except Dl2EcdError as error:
            self.findings += self._going_on(error.findings)
            self.failed = True
            if outcome.for_good:
                self.remove()
            else:
                self.close()

    def _going_on(self, findings: Tuple[Finding, ...]) -> Iterator[Finding]:
        """Of a full disk it is said that nothing is lost; workers don't know."""
        for item in findings:
            if item.rule == "output-disk-full":
                yield from no_room(self.outputs.raster).findings
            else:
                yield item

    def _described(self, result: Plain, dispatcher: Dispatcher) -> None:
        if "unchanged" in result:
            self.done = self.unchanged = True
            return
        described = self.described = Described.of(result)
        opened = self.model.opened()
        dispatcher.prepare({"work": self.work.plain()})
        classifier, said = self.model.classifier(described, self.work.plain())
        self.classifier = classifier
        self.findings += [*opened.findings, *said]
        if self.work.probabilities:
            self.findings += said_of_probabilities(classifier.probabilities, opened.ecd.name)
        plan = classifier.plan(described.height, described.width)
        self.wanted = Window(0, plan.height, 0, plan.width)
        if self.extent is not None:
            place = place_of(described.georeference, classifier)
            self.wanted = window_of(place, self.extent, self.wanted, described.name)
        grid = grid_of(classifier, plan, self.wanted, self.side)
        self.windows = len(grid)
        key = {
            **self.work.key,
            "bands": list(classifier.bands),
            "scaling": [step.as_dict() for step in classifier.scaling.steps],
            "values": str(classifier.values),
            "window": str(self.wanted),
            "tiles": tiles_of(classifier),
            "scene": self.files.plain(),
            "size": [described.height, described.width],
            "stamps": described.stamps,
            "pieces": [grid.rows, grid.columns],
        }
        unfinished = self._unfinished = Unfinished(self.outputs.raster, key)
        for told in unfinished.done.values():
            self._count(told)
        self._common = {
            "work": self.work.plain(),
            "described": described.plain(),
            "tiles": tiles_of(classifier),
            "fit": plain_fit(
                classifier.fitted, self.model.session(self.work.device, self.work.trusted)
            ),
            "folder": unfinished.pieces.plain(),
        }
        dispatcher.add(self._tasks(grid, unfinished))
        self._go_on(dispatcher)

    def _tasks(self, grid: Grid, unfinished: Unfinished) -> Iterator[Task]:
        """One for each window that is not done, made when it is asked for.

        Whoever makes the first one looks at the values of the scene, too.
        """
        first = True
        for window in grid.windows():
            if unfinished.pieces.piece(window).name not in unfinished.done:
                what = {"scene": self.files.plain(), "window": asdict(window), "values": first}
                yield Task("window", {**self._common, **what}, self, lambda: not self.failed)
                first = False

    def _count(self, told: Plain) -> None:
        counts, runtime = counted(told)
        self.counts.update(counts)
        self.runtimes.add(runtime)
        self.ready += 1

    def _window_done(self, order: Plain, told: Plain, dispatcher: Dispatcher) -> None:
        unfinished = self._begun()
        piece = unfinished.pieces.piece(Window(**order["window"]))
        if piece.name in unfinished.done:
            # Done twice, since a scheduler was lost.
            return
        self.findings += map(finding_of, told.pop("findings"))
        unfinished.note(piece, told)
        self._count(told)
        self._go_on(dispatcher)

    def _go_on(self, dispatcher: Dispatcher) -> None:
        """When all windows are done, they are put together."""
        if self.ready < self.windows:
            return
        outputs: Dict[str, Optional[str]] = {
            "raster": str(self.outputs.raster.absolute()),
            "probabilities": _absolute(self.outputs.probabilities),
            "preview": _absolute(self.outputs.preview),
        }
        order = {
            **self._common, "wanted": asdict(self.wanted), "side": self.side, "outputs": outputs
        }  # fmt: skip
        dispatcher.add(iter([Task("map", order, self)]), soon=True)

    def _finished(self) -> None:
        described, classifier = self.known_scene()
        pixels = self.wanted.height * self.wanted.width
        if self.counts[classifier.values.nodata] == pixels:
            part = None if self.extent is None else self.wanted
            self.findings.append(without_data(described.name, aoi=self.work.aoi, window=part))
        else:
            ecd, place = self.model.opened().ecd, described.georeference
            classes, _, background = counted_classes(self.counts, ecd, classifier, place)
            self.findings += said_of_one_class(described.name, classes, background)
        self.done = True
        self._begun().remove()

    def _begun(self) -> Unfinished:
        if self._unfinished is None:
            raise ValueError("no window was asked for")
        return self._unfinished

    def close(self) -> None:
        """Leave what is done for the next run."""
        if self._unfinished is not None:
            self._unfinished.close()

    def remove(self) -> None:
        """Take away what is done, since nobody wants it."""
        if self._unfinished is not None:
            self._unfinished.remove()


def _absolute(path: Any) -> Optional[str]:
    return None if path is None else str(path.absolute())


__all__: Tuple[str, ...] = ("MapJob",)
