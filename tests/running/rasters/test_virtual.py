"""Virtual rasters: of files they are read, of anything else they are refused unopened."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Iterator, Union

import numpy as np
import pytest
from rasterio.shutil import copy

from dl2ecd_core.findings.errors import Dl2EcdError
from dl2ecd_core.running.rasters.raster import Window
from dl2ecd_core.running.rasters.scene import opened_scene
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


def read(path: Union[str, Path]) -> np.ndarray:
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
        "vrt://http://{}/a.tif",
        "map.xml",
        "links.kml",
        "map.json",
        "tiles.gti.gpkg",
        "no-such-file.tif",
    ],
)
def test_addresses_are_refused_and_nobody_is_called(
    tmp_path: Path, server: socket.socket, source: str
) -> None:
    address = f"127.0.0.1:{server.getsockname()[1]}"
    scene = str(write_scene(tmp_path / "a.tif", pixels(10, 20)))
    service = f"<Service><ServerUrl>http://{address}/${{x}}.png</ServerUrl></Service>"
    (tmp_path / "map.xml").write_text(f" <GDAL_WMS>{service}</GDAL_WMS>")
    (tmp_path / "links.kml").write_text(f"\ufeff\n<kml><a href='http://{address}'/></kml>")
    (tmp_path / "map.json").write_text(f'{{"href": "http://{address}/a.tif"}}')
    (tmp_path / "tiles.gti.gpkg").write_bytes(b"SQLite format 3")
    source = str(tmp_path / source) if (tmp_path / source).exists() else source
    inner = virtual(tmp_path / "inner.vrt", scene, source.format(address))
    for path in (inner, virtual(tmp_path / "outer.vrt", str(inner))):
        with pytest.raises(Dl2EcdError, match="raster-source-elsewhere"):
            read(path)
    with pytest.raises(BlockingIOError):
        server.accept()


def test_addresses_are_addresses_where_a_folder_is_called_like_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "http:" / "example.org"
    folder.mkdir(parents=True)
    write_scene(folder / "a.tif", pixels(10, 20))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Dl2EcdError, match="raster-source-elsewhere"):
        read(virtual(tmp_path / "b.vrt", "http://example.org/a.tif"))


@pytest.mark.parametrize("relative", [False, True])
def test_files_in_archives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, relative: bool) -> None:
    import zipfile

    array = pixels(10, 20)
    scene = write_scene(tmp_path / "a.tif", array)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(scene, "a.tif")
    monkeypatch.chdir(tmp_path)
    place = "" if relative else f"{tmp_path}/"
    made = virtual(tmp_path / "b.vrt", f"/vsizip/{place}a.zip/a.tif")
    assert np.array_equal(read(made), array[:1])


@pytest.mark.parametrize("form", ['NETCDF:"{}":Band2', "netcdf:{}:Band2", "HDF5:{}://Band2"])
def test_rasters_inside_files(tmp_path: Path, form: str) -> None:
    array = pixels(10, 20)
    copy(write_scene(tmp_path / "a.tif", array), tmp_path / "a.nc", driver="netCDF", FORMAT="NC4")
    made = virtual(tmp_path / "b.vrt", form.format(tmp_path / "a.nc").replace('"', "&quot;"))
    assert sorted(read(made).ravel()) == sorted(array[1].ravel())


@pytest.mark.parametrize("first", [b"<<<<", b"{{{{", b"  < a", b"<a>b", b"{1: "])
def test_pixels_without_a_header_may_look_a_little_like_text(tmp_path: Path, first: bytes) -> None:
    plain = tmp_path / "a.img"
    plain.write_bytes(first.ljust(200, b"\0"))
    (tmp_path / "a.hdr").write_text(
        "ENVI\nsamples = 20\nlines = 10\nbands = 1\nheader offset = 0\nfile type = ENVI "
        "Standard\ndata type = 1\ninterleave = bsq\nbyte order = 0\n"
    )
    assert bytes(read(virtual(tmp_path / "b.vrt", str(plain)))[0, 0, : len(first)]) == first


def test_rasters_inside_no_files(tmp_path: Path) -> None:
    with pytest.raises(Dl2EcdError, match="raster-source-elsewhere"):
        read(virtual(tmp_path / "b.vrt", "NETCDF:http://example.org/a.nc:b"))


def test_a_name_that_no_file_can_have(tmp_path: Path) -> None:
    with pytest.raises(Dl2EcdError, match=r"raster-source-elsewhere.*no raster file"):
        read(virtual(tmp_path / "b.vrt", "a" * 5_000))


@pytest.mark.parametrize("allowed", ["NO", "YES"])
def test_no_program_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, allowed: str) -> None:
    monkeypatch.setenv("GDAL_VRT_ENABLE_PYTHON", allowed)
    write_scene(tmp_path / "a.tif", pixels(10, 20))
    made = virtual(tmp_path / "b.vrt", "a.tif", relative=1)
    program = (
        "<PixelFunctionType>f</PixelFunctionType><PixelFunctionLanguage>Python"
        "</PixelFunctionLanguage><PixelFunctionCode>def f(source, target, *more, **named):\n"
        f"    open({str(tmp_path / 'ran')!r}, 'w')\n</PixelFunctionCode>"
    )
    text = made.read_text().replace("<SimpleSource>", f"{program}<SimpleSource>")
    made.write_text(text.replace('band="1"', 'band="1" subClass="VRTDerivedRasterBand"'))
    with pytest.raises(Dl2EcdError, match="raster-holds-program"):
        read(made)
    # Nor where it is given under a name that is no file's.
    with pytest.raises(Dl2EcdError, match="raster-not-readable"):
        read(f"vrt://{made}")
    assert not (tmp_path / "ran").exists()


def test_a_service_that_a_name_leads_to_is_not_asked(tmp_path: Path, server: socket.socket) -> None:
    address = f"127.0.0.1:{server.getsockname()[1]}"
    (tmp_path / "a.xml").write_text(
        '<GDAL_WMS><Service name="TMS"><ServerUrl>'
        f"http://{address}/${{x}}.png</ServerUrl></Service><DataWindow><UpperLeftX>0</UpperLeftX>"
        "<UpperLeftY>1</UpperLeftY><LowerRightX>1</LowerRightX><LowerRightY>0</LowerRightY>"
        "<SizeX>20</SizeX><SizeY>10</SizeY></DataWindow><BandsCount>1</BandsCount></GDAL_WMS>"
    )
    name = f"vrt://{tmp_path / 'a.xml'}"
    with pytest.raises(Dl2EcdError, match="raster-not-readable"):
        read(name)
    # Nor where one thread opens it, and another one reads.
    with ThreadPoolExecutor(1) as first, ThreadPoolExecutor(1) as second:
        opening = opened_scene(name)
        scene = first.submit(opening.__enter__).result()
        reading = second.submit(scene.read, Window(0, 10, 0, 20), [0])
        assert isinstance(reading.exception(), Dl2EcdError)
        first.submit(opening.__exit__, None, None, None).result()
    with pytest.raises(BlockingIOError):
        server.accept()


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
