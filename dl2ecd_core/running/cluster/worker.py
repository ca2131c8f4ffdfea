"""What a worker does: orders of plain data come in, plain data go out.

Everything may be done twice, in any order and on any worker, with the same outcome: the piece of a
window is the same whoever makes it, and takes its name when it is whole.
"""

from __future__ import annotations

import errno
import os
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Tuple

from ...files.output import is_full, write_failure
from ...findings import Place
from ...findings.errors import Cancelled, Dl2EcdError
from ...findings.rules import finding
from ...findings.wording import printable, quoted
from ...progress import Listener
from ...version import __version__
from ..classifier import Classifier
from ..classify import place_of
from ..engine import strips
from ..extras import RunningRefused
from ..inputs.scene_findings import said_of_scene
from ..maps.geotiff import copied_raster, room_beside, virtual_raster
from ..maps.outputs import Outputs
from ..maps.result import map_content, shares_content, write_beside
from ..objects.searching import objects_in
from ..rasters.area import area_of
from ..rasters.raster import RasterReader, Window
from ..rasters.rasterio_library import RasterioLibrary, is_remote
from ..rasters.scene import Scene
from ..tiles.planning import Plan
from .fits import plain_placement
from .grid import grid_of
from .held import Missing, held_model, is_held, keep_piece, let_go
from .orders import Described, Plain, SceneFiles, plain_data, plain_finding
from .pieces import SHARES, VALUES, PieceFolder, map_rows, map_shape, shares_shape
from .plain_objects import plain_objects
from .stacking import opened_files, paths_of

_DAMAGED = "raster-not-readable"
#: What may pass by itself: a source that is gone for a while, a full disk, memory.
_PASSING = frozenset(
    (
        "file-not-found",
        _DAMAGED,
        "output-disk-full",
        "output-not-writable",
        "output-folder-missing",
        "model-run-failed",
        "worker-out-of-memory",
        "worker-failed",
    )
)


def about(model: str) -> Plain:
    """What this worker is: its version of dl2ecd, and whether it has a model."""
    return {"version": __version__, "held": is_held(model)}


def keep(digest: str, offset: int, piece: bytes, size: int, dask_worker: Any = None) -> bool:
    """Take a piece of the model into this worker's own folder; see :func:`.held.keep_piece`.

    Parameters
    ----------
    dask_worker
        Dask gives it to what is run on all workers.
    """
    return keep_piece(digest, offset, piece, size, Path(dask_worker.local_directory))


def forget(digest: str) -> None:
    """Let go of a model."""
    let_go(digest)


def perform(what: str, order: Plain) -> Plain:
    """Do what an order says, and tell how it went.

    Returns
    -------
    dict
        ``done`` with the result; ``findings``, and whether to try ``again``; ``missing`` with this
        worker's address where it has not got the model; ``stopped`` where nobody wants it any more.
    """
    version = order["work"]["version"]
    if version != __version__:
        return _told(RunningRefused([other_version(__version__, version)]), order)
    try:
        return {"done": ORDERS[what](order)}
    except Missing:
        return {"missing": _own_address()}
    except Cancelled:
        return {"stopped": True}
    except Dl2EcdError as error:
        return _told(error, order)
    except MemoryError:
        return _told(RunningRefused([_out_of_memory()]), order)
    except OSError as error:
        if is_full(error):
            full = OSError(errno.ENOSPC, str(error))
            return _told(write_failure(full, order.get("folder", {}).get("path", "")), order)
        return _told(RunningRefused([failed(error)]), order)


def _told(error: Dl2EcdError, order: Plain) -> Plain:
    passing = {item.rule for item in error.findings} & _PASSING
    if _DAMAGED in passing and "scene" in order and _is_here(SceneFiles.of(order["scene"])):
        passing.remove(_DAMAGED)
    return {
        "findings": [plain_finding(item) for item in error.findings],
        "again": bool(passing),
    }


def _is_here(files: SceneFiles) -> bool:
    """Whether a scene is there to its end: what is wrong with it then does not pass.

    Of the web, and of disks that are away for a while, nobody knows.
    """
    try:
        for path in paths_of(files):
            if is_remote(path):
                return False
            with Path(path).open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(size - 1, 0))
                file.read(1)
    except OSError:
        return False
    return True


def other_version(here: str, there: str) -> Any:
    """What to say where a worker's dl2ecd is another than the client's."""
    return finding(
        "worker-version",
        f"A worker has dl2ecd {printable(here, 60)}, and this is dl2ecd {printable(there, 60)}: "
        "their maps might differ.",
        hint="Install the same version on all machines, and start the workers again.",
    )


def failed(error: BaseException) -> Any:
    """What to say of an error that nobody foresaw."""
    return finding(
        "worker-failed",
        f"A worker failed: {type(error).__name__}: {printable(str(error), 300)}",
        hint="Look at the worker's log. What is done stays done: the same command goes on.",
    )


def _out_of_memory() -> Any:
    return finding(
        "worker-out-of-memory",
        "A worker has no memory left for a window.",
        hint="Give workers more memory, or fewer threads each.",
    )


def _own_address() -> str:
    try:
        from distributed import get_worker

        return str(get_worker().address)
    except (ImportError, ValueError):
        # Not in a worker of Dask's.
        return ""


def describe(order: Plain) -> Plain:
    """Look at a scene: its size, bands and place; of one that is known already, that alone."""
    files = SceneFiles.of(order["scene"])
    if order.get("known") is not None and _stamps(files)[0] == _as_stamps(order["known"]):
        return {"unchanged": True}
    with opened_files(files) as scene:
        _area(scene, order["work"])
        return described_scene(scene, files).plain()


def described_scene(scene: Scene, files: SceneFiles) -> Described:
    """What there is to know of a scene beside its pixels."""
    stamps, size = _stamps(files)
    return Described(
        scene.name,
        scene.height,
        scene.width,
        scene.data_type,
        scene.band_names,
        scene.georeference,
        stamps,
        size,
    )


def _stamps(files: SceneFiles) -> Tuple[Tuple[Optional[Tuple[int, int]], ...], int]:
    """Size and time of the last change of each file, and their size together."""
    found: List[Optional[Tuple[int, int]]] = []
    size = 0
    for path in paths_of(files):
        if is_remote(path) or not Path(path).exists():
            # What is not there is said by whoever opens it.
            found.append(None)
            continue
        status = Path(path).stat()
        size += status.st_size
        found.append((status.st_size, status.st_mtime_ns))
    return tuple(found), size


def _as_stamps(plain: Any) -> Tuple[Optional[Tuple[int, int]], ...]:
    return tuple(None if one is None else (one[0], one[1]) for one in plain)


def _area(scene: Scene, work: Mapping[str, Any]) -> RasterReader:
    if work["aoi"] is None:
        return scene
    return area_of(Path(work["aoi"]), scene, scene.georeference)


def prepare(order: Plain) -> Plain:
    """Make the model's session."""
    work = order["work"]
    with held_model(work["model"]) as model:
        model.session(work["device"], work["trusted"])
    return {}


@contextmanager
def _same_scene(order: Plain) -> Iterator[Tuple[Scene, Described]]:
    """The scene, as it was when it was described."""
    files, described = SceneFiles.of(order["scene"]), Described.of(order["described"])
    with opened_files(files) as scene:
        if _stamps(files)[0] != described.stamps or (scene.height, scene.width) != (
            described.height,
            described.width,
        ):
            raise RunningRefused(
                [
                    finding(
                        "scene-changed",
                        f"{quoted(files.name, 400)} was changed while it was worked on.",
                        hint="Give the same command again when nobody writes to it.",
                        where=Place(file=files.name),
                    )
                ]
            )
        yield scene, described


class Wanted(Listener):
    """Hears whether the client still wants the work done."""

    def __init__(self, folder: PieceFolder) -> None:
        self._folder = folder

    def cancelled(self) -> bool:
        """Whether it does not."""
        return not self._folder.is_wanted()


def tiles_of(classifier: Classifier) -> List[Any]:
    """How a model's tiles lie, to be compared: they must be the same on all machines."""
    fitted = classifier.fitted
    shortest = None if fitted.shortest is None else list(fitted.shortest)
    return [plain_placement(fitted.rows), plain_placement(fitted.columns), shortest]


def _check_tiles(classifier: Classifier, order: Plain) -> None:
    if tiles_of(classifier) != order["tiles"]:
        raise _fits_otherwise()


def _fits_otherwise() -> RunningRefused:
    return RunningRefused(
        [
            finding(
                "worker-fits-otherwise",
                "A worker runs the model with other tiles than this machine would.",
                hint="Install the same versions of the runtime on all machines.",
            )
        ]
    )


def classify_window(order: Plain) -> Plain:
    """Make the piece of a window; how many pixels have which value.

    Where the order says ``values``, also what is to be said of the values of the scene.
    """
    import numpy

    work, window = order["work"], Window(**order["window"])
    folder = PieceFolder.of(order["folder"])
    folder.check()
    with held_model(work["model"]) as model, _same_scene(order) as (scene, described):
        classifier, _ = model.classifier(described, work, order["fit"])
        _check_tiles(classifier, order)
        plan: Plan = classifier.plan(described.height, described.width)
        place = place_of(described.georeference, classifier)
        said = _said_of_values(scene, classifier) if order["values"] else []
        values = numpy.empty((window.height, window.width), classifier.values.data_type)
        shares = None
        if work["probabilities"]:
            layers = classifier.probabilities.layers
            shares = numpy.empty((layers, window.height, window.width), "float32")
        for strip in strips(
            _area(scene, work),
            classifier,
            plan,
            window,
            with_probabilities=shares is not None,
            workers=1,
            listener=Wanted(folder),
        ):
            rows = slice(strip.top - window.top, strip.top - window.top + len(strip.values))
            values[rows] = strip.values
            if shares is not None:
                shares[:, rows] = strip.probabilities
        if shares is not None:
            folder.write(window, shares, place, SHARES)
        folder.write(window, values[None], place, VALUES)
        found, numbers = numpy.unique(values, return_counts=True)
        return {
            "counts": [found.tolist(), numbers.tolist()],
            "runtime": model.session(work["device"], work["trusted"]).runtime,
            "findings": said,
        }


def _said_of_values(scene: Scene, classifier: Classifier) -> List[Plain]:
    kind = classifier.fitted.scores.data_type
    said = said_of_scene(scene, classifier.bands, classifier.scaling, kind)
    return [plain_finding(item) for item in said]


def find_objects(order: Plain) -> Plain:
    """The objects of some tiles."""
    work = order["work"]
    with held_model(work["model"]) as model, _same_scene(order) as (scene, described):
        detector, _ = model.detector(described, work)
        if plain_data({"settings": detector.settings}) != {"settings": order["settings"]}:
            raise _fits_otherwise()
        reader = _area(scene, work)
        found = []
        for window in (Window(**one) for one in order["windows"]):
            block = reader.read(window, detector.bands)
            found.append(plain_objects(objects_in(detector, block, window)))
        return {"objects": found}


def finish_map(order: Plain) -> Plain:
    """Put the pieces together: the map with what lies beside it, each whole or not at all."""
    work, wanted = order["work"], Window(**order["wanted"])
    folder, described = PieceFolder.of(order["folder"]), Described.of(order["described"])
    folder.check()
    outputs = _outputs(order["outputs"])
    library = RasterioLibrary()
    with held_model(work["model"]) as model:
        classifier, _ = model.classifier(described, work, order["fit"])
        _check_tiles(classifier, order)
        ecd = model.opened().ecd
        plan = classifier.plan(described.height, described.width)
        grid = grid_of(classifier, plan, wanted, order["side"])
        place = place_of(described.georeference, classifier).part(wanted)
        content = map_content(ecd, classifier.values, place)
        made = [(outputs.raster, map_shape(classifier, wanted), content, VALUES)]
        if outputs.probabilities is not None:
            shape = shares_shape(classifier, wanted)
            content = shares_content(ecd, shape.layers, place)
            made.append((outputs.probabilities, shape, content, SHARES))
        with ExitStack() as rooms:
            rasters = []
            for path, shape, content, kind in made:
                pieces = folder.pieces(grid, wanted, kind)
                lacking = sum(not piece.path.exists() for piece in pieces)
                if lacking:
                    raise FileNotFoundError(f"{lacking} of {len(pieces)} pieces are not there")
                new = rooms.enter_context(room_beside(path, folder.path)) / folder.new().name
                rooms.callback(new.unlink, missing_ok=True)
                virtual = virtual_raster(shape, content, pieces)
                rasters.append(copied_raster(virtual, new, path, content, library))
            folder.check()
            rows = map_rows(rasters[0].path)
            write_beside(outputs, ecd, rows, (wanted.height, wanted.width))
            for raster in rasters:
                folder.check()
                raster.place()
    return {}


def _outputs(paths: Mapping[str, Optional[str]]) -> Outputs:
    raster = paths["raster"]
    second, picture = (
        None if paths[name] is None else Path(str(paths[name]))
        for name in ("probabilities", "preview")
    )
    return Outputs(Path(str(raster)), second, picture)


#: What can be ordered.
ORDERS: Dict[str, Callable[[Plain], Plain]] = {
    "describe": describe,
    "prepare": prepare,
    "window": classify_window,
    "objects": find_objects,
    "map": finish_map,
}
