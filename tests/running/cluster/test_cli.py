"""``--scheduler`` on the command line."""

from __future__ import annotations

import io
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, Iterator

import pytest

from dl2ecd_core.cli.group import dl2ecd
from dl2ecd_core.running.classify import classify
from dl2ecd_core.running.cluster import classify as clustered
from dl2ecd_core.running.cluster.address import Certificates
from tests.cli.conftest import Outcome
from tests.running.scenes import pixels, write_scene

from .conftest import BYTES, Place
from .stand_in import QUICK, StandInClient

SCALE = ("--scale", "min-max 0 255")
TLS = "tls://10.0.0.7:8786"


def call(*arguments: object) -> Outcome:
    """In this process, where no other one stands between."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
        dl2ecd.main(args=[str(one) for one in arguments], prog_name="dl2ecd")
    return Outcome(int(ended.value.code or 0), out.getvalue(), err.getvalue(), str(arguments[0]))


@pytest.fixture
def asked(client: StandInClient, monkeypatch: pytest.MonkeyPatch) -> list:
    """What the command asks to be connected to."""
    seen: list = []

    @contextmanager
    def connected(scheduler: Any, certificates: Any = None) -> Iterator[Any]:
        seen.append((scheduler, certificates))
        yield client

    monkeypatch.setattr(clustered, "connected", connected)
    monkeypatch.setattr(clustered, "Patience", lambda: QUICK)
    return seen


def test_one_scene(place: Place, asked: list) -> None:
    done = call("classify", place.scene, place.ecd, place.out, *SCALE, "--scheduler", "local:2")
    assert done.code == 0
    assert f"Wrote {place.out}: 77,357 pixels" in done.out
    assert "Dask's dashboard: http://127.0.0.1:8787/status" in done.err
    alone = place.folder / "alone.tif"
    classify(place.scene, place.ecd, alone, options=BYTES)
    assert place.out.read_bytes() == alone.read_bytes()
    assert asked == [("local:2", Certificates())]


def test_many_scenes(place: Place, asked: list) -> None:
    folder = place.folder / "scenes"
    folder.mkdir()
    write_scene(folder / "a.tif", pixels(70, 66))
    maps = place.folder / "maps"
    files = ("--tls-ca-file", "ca.pem", "--tls-cert", "c.pem", "--tls-key", "k.pem")
    given = ("classify", folder, place.ecd, maps, *SCALE, "--scheduler", TLS, *files)
    done = call(*given)
    assert done.code == 0
    assert "1 maps made, 0 unchanged, 0 failed" in done.out
    assert asked == [(TLS, Certificates("ca.pem", "c.pem", "k.pem"))]
    (folder / "b.tif").write_bytes(b"no raster")
    done = call(*given)
    assert done.code == 1
    assert "0 maps made, 1 unchanged, 1 failed" in done.out
    assert "b.tif" in done.out
    assert "raster-not-readable" in done.out
    document = call(*given, "--json").document
    assert document["ok"] is False
    assert document["failures"] == len(document["failed"]) == 1


@pytest.mark.parametrize(
    "more",
    [("--preview", "a.png"), ("--probabilities", "p.tif"), ("--extent", "0", "0", "1", "1")],
)
def test_what_is_for_one_scene_is_wrong_usage_for_many(
    place: Place, asked: list, more: Any
) -> None:
    done = call("classify", place.folder, place.ecd, "maps", "--scheduler", "local:2", *more)
    assert done.code == 2
    assert f"{more[0]} is for one scene" in done.err


def test_certificates_without_a_scheduler_are_wrong_usage(place: Place) -> None:
    done = call("classify", place.scene, place.ecd, place.out, "--tls-key", "k.pem")
    assert done.code == 2


def test_a_wrong_address_is_a_sentence(place: Place) -> None:
    done = call("classify", place.scene, place.ecd, place.out, *SCALE, "--scheduler", "http://a:1")
    assert done.code == 1
    assert "scheduler-address" in done.out
    assert not Path(place.out).exists()


class TestManyWithoutAScheduler:
    def test_are_told_the_command(self, place: Place) -> None:
        scenes = place.folder / "my scenes"
        scenes.mkdir()
        (place.folder / "list.txt").write_text("scene.tif\n")
        for name, said in ((scenes, f"'{scenes}'"), (place.folder / "list.txt",) * 2):
            done = call("classify", name, place.ecd, place.folder / "maps")
            assert done.code == 2
            again = (
                f"dl2ecd classify {said} {place.ecd} {place.folder / 'maps'} --scheduler local:2"
            )
            assert again in done.err
            done = call("classify", name, place.model, place.classes, place.folder / "maps")
            assert f"{place.model} {place.classes} {place.folder / 'maps'} --sch" in done.err
        assert place.left() == {"my scenes", "list.txt"}

    def test_are_no_scenes_of_detect(self, place: Place) -> None:
        listed = place.folder / "list.txt"
        listed.write_text("scene.tif\n")
        for more in ((), ("--scheduler", "local:2")):
            done = call("detect", listed, place.ecd, place.folder / "out.gpkg", *more)
            assert done.code == 2
            assert "detect takes one raster at a time: give the command for each" in done.err

    def test_of_which_there_is_none_are_told_as_any_file(self, place: Place) -> None:
        done = call("classify", place.folder / "away.txt", place.ecd, place.out)
        assert (done.code, "file-not-found" in done.out) == (1, True)

    def test_are_one_scene_where_gdal_can_read_it(self, place: Place) -> None:
        """A virtual raster may have any name."""
        virtual = place.folder / "virtual.txt"
        place.scene.rename(virtual)
        assert call("classify", virtual, place.ecd, place.out, *SCALE).code == 0

    def test_of_which_something_else_is_wrong_are_told_so(self, place: Place) -> None:
        virtual = place.folder / "virtual.txt"
        virtual.write_text(
            '<VRTDataset rasterXSize="1" rasterYSize="1"><VRTRasterBand dataType="Byte" band="1">'
            "<SimpleSource><SourceFilename>http://10.0.0.1/a.tif</SourceFilename></SimpleSource>"
            "</VRTRasterBand></VRTDataset>"
        )
        done = call("classify", virtual, place.ecd, place.out)
        assert (done.code, "raster-source-elsewhere" in done.out) == (1, True)


def test_help_says_who_takes_many_scenes() -> None:
    assert "OUT is a folder where SCENE is a folder, a list" in " ".join(
        call("classify", "-h").out.split()
    )
    detect = " ".join(call("detect", "-h").out.split())
    assert "For SCENE that is one raster" in detect
    assert "a list (.txt)" not in detect


def test_a_folder_of_pictures_is_not_for_a_cluster(place: Place) -> None:
    done = call("detect", place.folder, place.ecd, "out.csv", "--scheduler", "local:2")
    assert done.code == 2
    assert "--scheduler is for objects, looked for in one raster at a time" in done.err
