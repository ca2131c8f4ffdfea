"""Virtual rasters: of files they are read, of anything else they are refused unopened."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Iterator

import numpy as np
import pytest

from dl2ecd_core.findings.errors import Dl2EcdError
from dl2ecd_core.running.rasters import Window
from dl2ecd_core.running.scene import opened_scene
from tests.running.scenes import pixels, write_scene

RECT = 'xOff="0" yOff="0" xSize="20" ySize="10"'


def virtual(path: Path, *sources: str, relative: int = 0) -> Path:
    """A virtual raster with a band of each source."""
    bands = "".join(
        f'<VRTRasterBand dataType="Byte" band="{band}"><SimpleSource>'
        f'<SourceFilename relativeToVRT="{relative}">{source}</SourceFilename>'
        f"<SourceBand>1</SourceBand><SrcRect {RECT}/><DstRect {RECT}/>"
        "</SimpleSource></VRTRasterBand>"
        for band, source in enumerate(sources, 1)
    )
    path.write_text(f'<VRTDataset rasterXSize="20" rasterYSize="10">{bands}</VRTDataset>')
    return path


def read(path: Path) -> np.ndarray:
    with opened_scene(str(path)) as scene:
        return scene.read(Window(0, 10, 0, 20), [0]).pixels


def test_of_files_beside_it_and_elsewhere(tmp_path: Path) -> None:
    array = pixels(10, 20)
    scene = write_scene(tmp_path / "a.tif", array)
    assert np.array_equal(read(virtual(tmp_path / "b.vrt", str(scene))), array[:1])
    assert np.array_equal(read(virtual(tmp_path / "c.vrt", "a.tif", relative=1)), array[:1])


def test_of_virtual_rasters(tmp_path: Path) -> None:
    array = pixels(10, 20)
    write_scene(tmp_path / "a.tif", array)
    virtual(tmp_path / "b.vrt", "a.tif", relative=1)
    assert np.array_equal(read(virtual(tmp_path / "c.vrt", "b.vrt", relative=1)), array[:1])


@pytest.fixture
def server() -> Iterator[socket.socket]:
    """An address of this machine that hears whether somebody calls."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(1)
        listening.setblocking(False)
        yield listening


@pytest.mark.parametrize(
    "source",
    [
        "http://{}/a.tif",
        "/vsicurl/http://{}/a.tif",
        "/vsizip//vsicurl/http://{}/a.zip/a.tif",
        "WCS:http://{}/wcs?coverage=a",
        "&lt;GDAL_WMS&gt;&lt;ServerUrl&gt;http://{}&lt;/ServerUrl&gt;&lt;/GDAL_WMS&gt;",
        "no-such-file.tif",
    ],
)
def test_addresses_are_refused_and_nobody_is_called(
    tmp_path: Path, server: socket.socket, source: str
) -> None:
    address = f"127.0.0.1:{server.getsockname()[1]}"
    scene = str(write_scene(tmp_path / "a.tif", pixels(10, 20)))
    inner = virtual(tmp_path / "inner.vrt", scene, source.format(address))
    for path in (inner, virtual(tmp_path / "outer.vrt", str(inner))):
        with pytest.raises(Dl2EcdError, match="raster-source-elsewhere"):
            read(path)
    with pytest.raises(BlockingIOError):
        server.accept()


def test_files_in_archives(tmp_path: Path) -> None:
    import zipfile

    array = pixels(10, 20)
    scene = write_scene(tmp_path / "a.tif", array)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(scene, "a.tif")
    made = virtual(tmp_path / "b.vrt", f"/vsizip/{tmp_path / 'a.zip'}/a.tif")
    assert np.array_equal(read(made), array[:1])


@pytest.mark.parametrize("text", ["<VRTDataset", '<!DOCTYPE a [<!ENTITY b "c">]><VRTDataset>'])
def test_what_is_no_xml_is_a_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.vrt"
    path.write_text(text)
    with pytest.raises(Dl2EcdError, match="raster-not-readable"):
        read(path)


def test_circles_end(tmp_path: Path) -> None:
    first, second = tmp_path / "a.vrt", tmp_path / "b.vrt"
    virtual(second, "x.tif")
    virtual(first, str(second))
    virtual(second, str(first))
    with pytest.raises(Dl2EcdError, match="raster-not-readable"):
        read(first)


def test_depth_is_bounded(tmp_path: Path) -> None:
    write_scene(tmp_path / "0.tif", pixels(10, 20))
    virtual(tmp_path / "0.vrt", "0.tif", relative=1)
    for depth in range(1, 12):
        virtual(tmp_path / f"{depth}.vrt", f"{depth - 1}.vrt", relative=1)
    assert read(tmp_path / "7.vrt").shape == (1, 10, 20)
    with pytest.raises(Dl2EcdError, match="raster-source-elsewhere"):
        read(tmp_path / "11.vrt")
