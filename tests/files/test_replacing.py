"""Which existing files an output may replace."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any, List

import pytest

from dl2ecd_core.demo import CLASS_INFO, MODEL, unpack
from dl2ecd_core.files import replacing
from dl2ecd_core.files.replacing import OutputKind, check_replaceable, has_ending
from dl2ecd_core.findings import Finding
from dl2ecd_core.findings.errors import ConversionRefused, Dl2EcdError, ModelFileError
from dl2ecd_core.models.onnx.rewriting import with_metadata
from dl2ecd_core.wire.source import ByteSource
from tests.conftest import FIXTURES

MAP = OutputKind("map", (".map", ".map.txt"), lambda path: path.read_bytes().startswith(b"MAP"))


def refusals(target: Path, *inputs: Path, overwrite: bool = False) -> List[Finding]:
    with pytest.raises(ConversionRefused) as error:
        check_replaceable(target, MAP, inputs, overwrite=overwrite)
    return list(error.value.findings)


@pytest.mark.parametrize("content", [b"MAP of anything", b""])
def test_an_earlier_output_and_an_empty_file_may_be_replaced(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "a.map").write_bytes(content)
    check_replaceable(tmp_path / "a.map", MAP)
    check_replaceable(tmp_path / "none.map.txt", MAP)


@pytest.mark.parametrize("content", [b"my notes", b"\0anything", b"{}"])
def test_anything_else_is_replaced_only_when_told(tmp_path: Path, content: bytes) -> None:
    target = tmp_path / "a.map"
    target.write_bytes(content)
    (item,) = refusals(target)
    assert (item.rule, item.where.file) == ("output-is-another-file", str(target))
    assert item.message == (
        f"The output '{target}' exists and is not an earlier map: it is not replaced."
    )
    assert "--overwrite" in item.hint
    assert "overwrite=True" in item.hint
    check_replaceable(target, MAP, overwrite=True)
    assert target.read_bytes() == content


@pytest.mark.parametrize(
    ("name", "kind"), [(MODEL, "a model"), (CLASS_INFO, "a class information document")]
)
def test_what_took_someone_work_is_called_by_its_name(tmp_path: Path, name: str, kind: str) -> None:
    unpack(tmp_path)
    (tmp_path / name).rename(tmp_path / "a.map")
    (item,) = refusals(tmp_path / "a.map")
    assert f"exists and is {kind}: it is not replaced" in item.message


def test_a_document_is_known_behind_blanks_and_a_byte_order_mark(tmp_path: Path) -> None:
    unpack(tmp_path)
    document = (tmp_path / CLASS_INFO).read_bytes()
    for head, said in (
        (b"\xef\xbb\xbf\r\n ", "is a class information document"),
        (b"[", "is not an earlier map"),
    ):
        (tmp_path / "a.map").write_bytes(head + document)
        (item,) = refusals(tmp_path / "a.map")
        assert f"exists and {said}: it is not replaced" in item.message


def test_what_carries_class_information_is_called_what_it_is(tmp_path: Path) -> None:
    unpack(tmp_path)
    document = (tmp_path / CLASS_INFO).read_bytes()
    target = tmp_path / "a.map"
    with ByteSource(FIXTURES / "onnx" / "unet.onnx") as source:
        carried = {"dl2ecd_definition": document.decode()}
        target.write_bytes(b"".join(with_metadata(source, carried)))
    assert document[:40] in target.read_bytes()[: 1 << 16]
    (item,) = refusals(target)
    assert "exists and is a model: it is not replaced" in item.message
    with zipfile.ZipFile(target, "w") as package:
        package.writestr("class_info.json", document)
    (item,) = refusals(target)
    assert "exists and is not an earlier map: it is not replaced" in item.message


def test_an_input_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.map").write_bytes(b"MAP")
    for overwrite in (False, True):
        (item,) = refusals(tmp_path / "a.map", tmp_path / "a.map", overwrite=overwrite)
        assert item.rule == "output-is-input"


@pytest.mark.parametrize("name", ["lc.tif", "map", ".map", "a.map.tif", "-", "a.mapp"])
def test_a_name_of_another_kind_is_refused_whatever_is_told(tmp_path: Path, name: str) -> None:
    for overwrite in (False, True):
        (item,) = refusals(tmp_path / name, overwrite=overwrite)
        assert (item.rule, item.where.file) == ("output-ending", str(tmp_path / name))
        assert "does not end in .map or .map.txt" in item.message
        assert ".map'." in item.hint
    (tmp_path / name).write_bytes(b"mine")
    assert [item.rule for item in refusals(tmp_path / name)] == [
        "output-ending",
        "output-is-another-file",
    ]


def test_a_name_like_the_one_given_is_proposed(tmp_path: Path) -> None:
    (item,) = refusals(tmp_path / "lc.tif")
    assert item.hint == "Name it, for example, 'lc.map'."
    (item,) = refusals(tmp_path / ".map")
    assert item.hint == "Name it, for example, 'landcover.map'."


@pytest.mark.parametrize("name", ["a.map", "A.MAP", "a.b.map", "a.map.txt", "ä.Map.Txt"])
def test_case_does_not_matter(name: str) -> None:
    assert has_ending(Path(name), MAP.endings)


@pytest.mark.parametrize(
    "error", [PermissionError(13, "Permission denied"), Dl2EcdError([]), FileNotFoundError()]
)
def test_what_can_not_be_read_can_not_be_told_to_be_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fails(path: Path) -> bool:
        raise error

    def unreadable(path: Path) -> Any:
        raise ModelFileError("file-unreadable", "Permission denied")

    (tmp_path / "a.map").write_bytes(b"MAP")
    monkeypatch.setattr(replacing, "ByteSource", unreadable)
    with pytest.raises(ConversionRefused, match="output-is-another-file"):
        check_replaceable(tmp_path / "a.map", OutputKind("map", (".map",), fails))
