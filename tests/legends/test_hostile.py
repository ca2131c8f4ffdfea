"""Files that mean harm, or are something else: refused in a sentence, within little memory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import List

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dl2ecd_core.findings.errors import Dl2EcdError
from dl2ecd_core.legends import read_legend
from tests.conftest import NO_POSIX
from tests.exports.definitions import ecd_with, exported, named

#: How many KiB reading a file takes, whatever comes of it.
GROWTH = """
import resource, sys
from dl2ecd_core.findings.errors import Dl2EcdError
from dl2ecd_core.legends import read_legend
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    read_legend(sys.argv[1])
except Dl2EcdError:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def refused(path: Path) -> str:
    with pytest.raises(Dl2EcdError) as error:
        read_legend(path)
    return f"{error.value.findings[0].rule}: {error.value.findings[0].message}"


def written(folder: Path, content: bytes) -> Path:
    path = folder / "legend"
    path.write_bytes(content)
    return path


class TestXml:
    def test_entities_are_not_followed(self, tmp_path: Path) -> None:
        (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
        content = (
            f'<!DOCTYPE qgis [<!ENTITY x SYSTEM "{(tmp_path / "secret.txt").as_uri()}">]>'
            '<qgis><paletteEntry value="1" color="#000000" label="&x;"/></qgis>'
        )
        assert "declares entities" in refused(written(tmp_path, content.encode()))

    def test_entities_that_grow_are_not_expanded(self, tmp_path: Path) -> None:
        entities = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9))
        content = f'<!DOCTYPE qgis [<!ENTITY e0 "ha">{entities}]><qgis a="&e9;">&e9;</qgis>'
        assert "declares entities" in refused(written(tmp_path, content.encode()))

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "cp037"])
    def test_nor_behind_another_encoding(self, tmp_path: Path, encoding: str) -> None:
        content = (
            f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE qgis [<!ENTITY a "b">]>'
            '<qgis><paletteEntry value="1" color="#000000" label="&a;"/></qgis>'
        )
        assert refused(written(tmp_path, content.encode(encoding))).startswith("legend-")

    def test_a_declared_encoding_changes_nothing(self, tmp_path: Path) -> None:
        content = (
            "<?xml version='1.0' encoding='UTF-7'?>"
            "<qgis><paletteEntry value='1' color='#010203' label='+ADw-é'/></qgis>"
        )
        (item,) = read_legend(written(tmp_path, content.encode())).classes
        assert item.name == "+ADw-é"

    def test_a_dtd_elsewhere_is_not_fetched(self, tmp_path: Path) -> None:
        content = (
            '<!DOCTYPE qgis SYSTEM "http://127.0.0.1:9/x.dtd">'
            "<qgis><paletteEntry value='1' color='#010203' label='a'/></qgis>"
        )
        assert len(read_legend(written(tmp_path, content.encode())).classes) == 1

    @pytest.mark.parametrize(
        "content",
        [
            b"<qgis><pipe>",
            b"<qgis>" + b"<a>" * 100_000,
            b"<qgis>" + b"<a/>" * 500_001 + b"</qgis>",
            b"<qgis><paletteEntry value='1' value='2'/></qgis>",
            b"<PAMDataset>\xff\xfe",
        ],
    )
    def test_what_breaks_off_or_never_ends(self, tmp_path: Path, content: bytes) -> None:
        assert refused(written(tmp_path, content)).startswith("legend-damaged")

    @pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts memory as Linux does")
    def test_much_of_nothing_takes_little_memory(self, tmp_path: Path) -> None:
        path = written(
            tmp_path, b"<qgis>" + b"<a b='a longer text to keep'/>" * 400_000 + b"</qgis>"
        )
        # A process of its own: memory that expat takes is not Python's to count.
        done = subprocess.run(
            [sys.executable, "-c", GROWTH, str(path)],
            cwd=Path(__file__).parents[2],
            capture_output=True,
            check=True,
            timeout=600,
        )
        assert int(done.stdout) < 64 * 1024


@pytest.mark.parametrize(
    "content",
    [
        b"<!--a-->" * 8_000,
        b"<!--a-->" * 8_000 + b"<",
        b"<?a?> " * 8_000,
        b"<qgis/>" + b"<!DOCTYPE " * 300_000,
        b"<!DOCTYPE a" * 6_000,
        b"\n" * 60_000 + b"x" * 2_000,
        b"# a\n" * 15_000 + b"x" * 2_000,
        b"1" + b" " * 1_000_000,
        b"1 2 3 4" + b" ;" * 500_000 + b"\n5",
        b"[" * 100_000,
        b"item { " * 100_000,
    ],
)
def test_nothing_takes_long(tmp_path: Path, content: bytes) -> None:
    start = time.process_time()
    refused(written(tmp_path, content))
    # A tenth of it at most; what is quadratic takes minutes.
    assert time.process_time() - start < 20


class TestFiles:
    def test_too_large(self, tmp_path: Path) -> None:
        path = tmp_path / "a.clr"
        with path.open("wb") as file:
            file.write(b"1 2 3 4\n")
            file.truncate((16 << 20) + 1)
        assert refused(path).startswith("file-too-large")

    def test_missing(self, tmp_path: Path) -> None:
        assert refused(tmp_path / "none").startswith("file-not-found")

    def test_a_folder(self, tmp_path: Path) -> None:
        assert "it is a folder" in refused(tmp_path)

    @pytest.mark.skipif(NO_POSIX, reason="there are no named pipes here")
    def test_a_pipe(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        assert "it is a pipe, not a file" in refused(tmp_path / "pipe")

    @pytest.mark.parametrize(
        ("content", "what"),
        [
            (b"", "is empty"),
            (b" \r\n", "is empty"),
            (b"PK\x03\x04" + bytes(100), "a ZIP archive"),
            (b"II*\x00" + bytes(100), "a damaged TIFF image"),
            (b"<html><body>sign in</body></html>", "a web page"),
            (b"<other/>", "an XML document"),
            (bytes(range(256)), "a binary file"),
        ],
    )
    def test_something_else(self, tmp_path: Path, content: bytes, what: str) -> None:
        assert what in refused(written(tmp_path, content))

    def test_text_that_is_not_utf_8_is_read_as_windows_writes_it(self, tmp_path: Path) -> None:
        content = b'item { id: 1 name: "' + "Wälder".encode("cp1252") + b'" }'
        legend = read_legend(written(tmp_path, content))
        assert legend.classes[0].name == "Wälder"
        assert [item.rule for item in legend.findings] == ["legend-encoding"]


def _samples(folder: Path) -> List[bytes]:
    targets = [
        ("qml", "a.qml"), ("clr", "a.clr"), ("aux-xml", "a.tif.aux.xml"), ("labels", "a.txt"),
        ("labels", "a.pbtxt"), ("lyrx", "a.lyrx"),
    ]  # fmt: skip
    return [exported(ecd_with(named()), kind, folder / name)[0] for kind, name in targets]


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> List[bytes]:
    return _samples(tmp_path_factory.mktemp("samples"))


@settings(max_examples=300)
@given(data=st.data())
def test_damage_is_read_or_refused(
    tmp_path: Path, samples: List[bytes], data: st.DataObject
) -> None:
    content = bytearray(data.draw(st.sampled_from(samples)))
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    del content[data.draw(st.integers(0, len(content))) :]
    try:
        legend = read_legend(written(tmp_path, bytes(content)))
    except Dl2EcdError as error:
        assert error.findings
    else:
        assert len({item.value for item in legend.classes}) == len(legend.classes) > 0


@settings(max_examples=200)
@given(content=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(tmp_path: Path, content: bytes) -> None:
    try:
        read_legend(written(tmp_path, content))
    except Dl2EcdError as error:
        assert error.findings
