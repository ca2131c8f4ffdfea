"""Places and clusters for the tests of work on many machines."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any, Iterator, Sequence, Union

import pytest

from dl2ecd_core.conversion import convert
from dl2ecd_core.running.building import Options
from dl2ecd_core.running.tiles import fitting
from tests.running.scenes import fixture, pixels, write_classes, write_scene

from .stand_in import StandInClient

BYTES = Options(scale=["min-max 0 255"])

needs_dask = pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None,
    reason="Dask is not installed (extra scale, Python 3.11 and later)",
)


class Place:
    """A folder with a scene, an .ecd and somewhere for the map."""

    def __init__(
        self,
        folder: Path,
        model: Union[str, Path] = "unet",
        values: Sequence[int] = (100, 200),
        bands: int = 4,
    ) -> None:
        self.folder = folder
        self.scene = write_scene(folder / "scene.tif", pixels(301, 257))
        self.model = fixture(model, folder / "model") if isinstance(model, str) else model
        self.classes = write_classes(folder / "classes.json", values, bands)
        self.ecd = folder / "model.ecd"
        convert(self.model, self.classes, self.ecd)
        self.out = folder / "map.tif"
        self._before = self.files()

    def files(self) -> set[str]:
        return {path.name for path in self.folder.iterdir()}

    def left(self) -> set[str]:
        """Files that came since."""
        return self.files() - self._before


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    # Small tiles: the same work in less time, and small scenes have many.
    monkeypatch.setattr(fitting, "USUAL", (64, 64))
    return Place(tmp_path)


@pytest.fixture
def client(tmp_path_factory: pytest.TempPathFactory) -> StandInClient:
    return StandInClient(tmp_path_factory.mktemp("worker"))


@pytest.fixture(scope="session")
def dask_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A cluster of two processes, for all tests that need a real one."""
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            local_directory=str(tmp_path_factory.mktemp("dask")),
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client
