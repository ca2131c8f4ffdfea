"""Scenes on a web server: read where the person gives the address, and nowhere else."""

from __future__ import annotations

import re
import shutil
import ssl
import subprocess
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Dict, Iterator, List, Tuple

import numpy as np
import pytest

from dl2ecd_core.findings.errors import Dl2EcdError
from dl2ecd_core.running.classify import classify
from dl2ecd_core.running.tiles import fitting
from tests.running.scenes import opened, pixels, write_scene
from tests.running.test_classify import BYTES, Place


class Server:
    """A folder on a server of this machine, with the requests that it got."""

    def __init__(self, folder: Path, certificate: Path, *, in_parts: bool = True) -> None:
        self.asked: List[str] = []
        asked = self.asked

        class Handler(SimpleHTTPRequestHandler):
            protocol_version = "HTTP/1.0"

            def log_message(self, form: str, *arguments: Any) -> None:
                asked.append(str(arguments[0]))

            def do_GET(self) -> None:
                part = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
                path = Path(self.translate_path(self.path))
                if part is None or not in_parts or not path.exists():
                    super().do_GET()
                    return
                content = path.read_bytes()
                first, last = int(part[1]), min(int(part[2]), len(content) - 1)
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {first}-{last}/{len(content)}")
                self.send_header("Content-Length", str(last + 1 - first))
                self.end_headers()
                self.wfile.write(content[first : last + 1])

        handler = partial(Handler, directory=str(folder))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.address = f"https://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setattr(fitting, "USUAL", (64, 64))
    return Place(tmp_path)


@pytest.fixture
def certificate(place: Place, monkeypatch: pytest.MonkeyPatch) -> Path:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl makes the server's certificate")
    certificate = place.folder / "server.pem"
    subprocess.run(
        [
            openssl, "req", "-x509", "-nodes", "-days", "1",
            "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
            "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
            "-keyout", str(certificate), "-out", str(certificate.with_suffix(".crt")),
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    trusted = certificate.with_suffix(".crt")
    with certificate.open("ab") as both:
        both.write(trusted.read_bytes())
    monkeypatch.setenv("GDAL_CURL_CA_BUNDLE", str(trusted))
    monkeypatch.setenv("CURL_CA_BUNDLE", str(trusted))
    # GDAL 3.9 does not look there; what is not trusted has a test of its own.
    monkeypatch.setenv("GDAL_HTTP_UNSAFESSL", "YES")
    return certificate


@pytest.fixture
def server(place: Place, certificate: Path) -> Iterator[Server]:
    found = Server(place.folder, certificate)
    yield found
    found.close()


@pytest.mark.parametrize("options", [{}, {"compress": "deflate", "tiled": True}])
@pytest.mark.parametrize("size", [(90, 70), (400, 300)])
def test_a_server_that_gives_files_only_as_a_whole_is_no_reason_for_a_wrong_map(
    place: Place, certificate: Path, size: Tuple[int, int], options: Dict[str, Any]
) -> None:
    """Where the scene can't be read from it, that is said: nothing is taken for zeros."""
    scene = write_scene(place.folder / "other.tif", pixels(*size, seed=3), **options)
    classify(scene, place.ecd, place.out, options=BYTES)
    server = Server(place.folder, certificate, in_parts=False)
    remote = place.folder / "remote.tif"
    try:
        classify(f"{server.address}/other.tif", place.ecd, remote, options=BYTES)
    except Dl2EcdError as refused:
        assert [item.rule for item in refused.findings] == ["raster-not-readable"]
        assert "as a whole alone: download the file" in refused.findings[0].hint
        assert not remote.exists()
    else:
        with opened(remote) as one, opened(place.out) as two:
            assert np.array_equal(one.read(), two.read())
    finally:
        server.close()


def test_an_address_is_a_scene(place: Place, server: Server) -> None:
    classify(place.scene, place.ecd, place.out, options=BYTES)
    other = place.folder / "other.tif"
    done = classify(f"{server.address}/scene.tif", place.ecd, other, options=BYTES)
    assert other.read_bytes() == place.out.read_bytes()
    assert done.classes
    assert any("/scene.tif" in line for line in server.asked)


def test_an_address_that_is_not_there_is_a_sentence(place: Place, server: Server) -> None:
    with pytest.raises(Dl2EcdError, match="raster-not-readable") as refused:
        classify(f"{server.address}/nothing.tif", place.ecd, place.out, options=BYTES)
    assert "Traceback" not in str(refused.value)
    assert refused.value.findings[0].hint.startswith("Check the address")
    assert not place.out.exists()


@pytest.mark.parametrize("prefix", ["", "/vsicurl/"])
def test_an_address_inside_of_a_virtual_raster_does_not_count(
    place: Place, server: Server, prefix: str
) -> None:
    virtual = place.folder / "scene.vrt"
    bands = "".join(
        f'<VRTRasterBand dataType="Byte" band="{band}"><SimpleSource><SourceFilename>{prefix}'
        f"{server.address}/scene.tif</SourceFilename><SourceBand>{band}</SourceBand>"
        "</SimpleSource></VRTRasterBand>"
        for band in range(1, 5)
    )
    virtual.write_text(f'<VRTDataset rasterXSize="70" rasterYSize="90">{bands}</VRTDataset>')
    with pytest.raises(Dl2EcdError, match="raster-source-elsewhere"):
        classify(virtual, place.ecd, place.out, options=BYTES)
    assert server.asked == []


def test_a_virtual_raster_at_an_address_is_none(place: Place, server: Server) -> None:
    band = '<VRTRasterBand dataType="Byte" band="1"/>'
    text = f'<VRTDataset rasterXSize="70" rasterYSize="90">{band}</VRTDataset>'
    (place.folder / "scene.vrt").write_text(text)
    with pytest.raises(Dl2EcdError, match="raster-not-readable") as refused:
        classify(f"{server.address}/scene.vrt", place.ecd, place.out, options=BYTES)
    assert "virtual rasters (.vrt)" in refused.value.findings[0].hint


def test_a_server_without_a_good_certificate_is_not_trusted(
    place: Place, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GDAL_CURL_CA_BUNDLE", "CURL_CA_BUNDLE", "GDAL_HTTP_UNSAFESSL"):
        monkeypatch.delenv(name)
    with pytest.raises(Dl2EcdError, match="raster-not-readable"):
        # Another name, since GDAL keeps what it has read of an address.
        classify(f"{server.address}/scene.tif?new", place.ecd, place.out, options=BYTES)


def test_what_is_read_is_that_of_the_file(place: Place, server: Server) -> None:
    classify(f"{server.address}/scene.tif", place.ecd, place.out, options=BYTES)
    with opened(place.out) as file, opened(place.scene) as scene:
        assert file.crs == scene.crs
        assert file.transform == scene.transform
        assert np.isin(file.read(), (100, 200)).all()
