"""Pickles are found by what they are, wherever they lie and however they begin."""

from __future__ import annotations

import io
import pickle
import struct
import tarfile
import zipfile
from pathlib import Path
from typing import Dict

import pytest

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models import inspect_model, pickle_search
from tests.conftest import FIXTURES

CALL = b"cos\nsystem\n(S'true'\ntR."
STATE = FIXTURES / "pytorch" / "unet_state_dict.pth"
LEGACY = FIXTURES / "pytorch" / "unet_legacy.pth"


def packed(entries: Dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return out.getvalue()


def array(content: bytes, kind: str = "'|O'", version: int = 1) -> bytes:
    header = b"{'descr': " + kind.encode() + b", 'fortran_order': False, 'shape': (1,), }\n"
    length = struct.pack("<H" if version == 1 else "<I", len(header))
    return b"\x93NUMPY" + bytes([version, 0]) + length + header + content


def said(folder: Path, content: bytes) -> Dict[str, str]:
    """Rules and messages of a file, whether it is described or refused."""
    path = folder / "x.bin"
    path.write_bytes(content)
    try:
        findings = inspect_model(path).findings
    except ModelFileError as error:
        findings = tuple(error.findings)
    return {item.rule: item.message for item in findings}


@pytest.mark.parametrize(
    "start",
    [
        b"S'water'\n0", b"I1\n0", b"N0", b"X\1\0\0\0a0", b"K\x010", b"", b"\x80\0", b"\x80\1",
        b"\x95" + struct.pack("<Q", len(CALL)), b"F1\n0", b"L1L\n0", b"M\1\x010", b"V\n0",
        b"G" + bytes(8) + b"0", b"U\0000", b"T\0\0\0\x000", b"\x880", b"\x8c\0000", b"\x8f0", b"(1",
        b"(l0", b"P1\n0",
    ],
)  # fmt: skip
def test_a_pickle_may_begin_with_any_opcode(tmp_path: Path, start: bytes) -> None:
    told = said(tmp_path, start + CALL)
    assert "os.system" in told["pickle-runs-code"]
    assert "a plain Python pickle" in told["model-unsupported"]


@pytest.mark.parametrize(
    "text",
    [
        "N. America\nS. America\n", "K.", "I. Introduction", "cats and\ndogs\n", "(a) first\n",
        "Some text.", "0 water\n1 forest\n", "]", "1,2,3\n", "'quoted'", "}\n", "label: water",
    ],
)  # fmt: skip
def test_text_is_none(tmp_path: Path, text: str) -> None:
    told = said(tmp_path, text.encode())
    assert not [rule for rule in told if "pickle" in rule]
    assert not [message for message in told.values() if "pickle" in message]


def test_text_that_imports_something_before_it_breaks_off_may_be_either(tmp_path: Path) -> None:
    told = said(tmp_path, b"cats\ndogs\nbirds\n")
    assert (
        "Read as a Python pickle it imports 'ats.dogs' and breaks off"
        in (told["model-not-recognised"])
    )
    assert "'ats.dogs'" in told["pickle-unlisted-globals"]


def test_every_pickle_in_a_row_is_walked(tmp_path: Path) -> None:
    plain = pickle.dumps({"a": 1}, 2)
    assert "pickle-runs-code" in said(tmp_path, plain * 5 + CALL)
    assert "pickle-runs-code" in said(tmp_path, b"N." + CALL)
    told = said(tmp_path, plain * 64 + CALL)
    assert "only the first 64 pickles in a row were looked at" in told["pickle-not-analysed"]
    # Raw numbers may follow.
    assert "pickle-not-analysed" not in said(tmp_path, plain + bytes(100))


def test_the_entry_that_pytorch_takes_is_the_one_that_is_walked(tmp_path: Path) -> None:
    for entries in (
        {"a/DATA.PKL": CALL, "a/version": b"3\n"},
        {"b/version": b"3\n", "a/data.pkl": CALL},
        {"version": b"3\n", "data.pkl": CALL},
        {"a/version": b"3\n", "A/Data.pkl": CALL},
        {"a/version": b"3\n", "a/data.pkl": CALL, "b/data.pkl": b"N."},
        {"b/version": b"3\n", "a/data.pkl": b"N.", "b/data.pkl": CALL},
    ):
        path = tmp_path / "x.pth"
        path.write_bytes(packed(entries))
        model = inspect_model(path)
        assert model.format == "pytorch-zip"
        assert "pickle-runs-code" in [item.rule for item in model.findings], entries


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("name", ["x/other", "x/.data/a.txt", "version", "x/nested.zip"])
def test_pickles_beside_the_one_that_pytorch_loads_are_found(
    tmp_path: Path, name: str, method: int
) -> None:
    with zipfile.ZipFile(STATE) as old:
        entries = {item: old.read(item) for item in old.namelist()}
    assert list(said(tmp_path, packed(entries))) == ["pickle-known-globals"]
    evil = packed({"inner": CALL}) if name.endswith(".zip") else CALL
    assert "pickle-runs-code" in said(tmp_path, packed({**entries, name: evil}, method))


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("kind", ["'|O'", "'O'", "[('a', 'O')]", "'object'", "'|\\x4f'"])
def test_arrays_of_objects_are_pickles(tmp_path: Path, kind: str, version: int) -> None:
    evil = array(CALL, kind, version)
    told = said(tmp_path, evil)
    assert "is an array of NumPy" in told["model-not-a-model"]
    assert "pickle-runs-code" in told
    assert "pickle-runs-code" in said(tmp_path, packed({"a.npy": evil}))


@pytest.mark.parametrize("kind", ["'<f4'", "'|u1'", "'<M8[ns]'"])
def test_arrays_of_numbers_are_none(tmp_path: Path, kind: str) -> None:
    assert list(said(tmp_path, array(CALL, kind))) == ["model-not-a-model"]
    assert list(said(tmp_path, array(b"\0\1\2\3", "[('a', '<i4')]"))) == ["model-not-a-model"]


def test_an_array_that_hides_its_kind_is_not_told(tmp_path: Path) -> None:
    assert "pickle-not-analysed" in said(tmp_path, array(b"\xff", "'|O'"))
    two = "'<f4', 'descr': '|O'"
    assert "pickle-runs-code" in said(tmp_path, array(CALL, two))


def test_more_than_is_unpacked_is_not_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pickle_search, "_MOST_UNPACKED", 10_000)
    noise = bytes(range(48, 58)) * 700
    entries = {"a": b"N0" + noise, "b": b"N0" + noise}
    told = said(tmp_path, packed(entries, zipfile.ZIP_DEFLATED))
    assert "The entry 'b' of the archive can't be looked into" in told["pickle-not-analysed"]


def test_all_pickles_of_an_archive_share_one_budget(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dl2ecd_core.wire.pickle.MOST_OPCODES", 1000)
    few = {f"{number}.pkl": b"N0" * 100 + b"N." for number in range(4)}
    assert "pickle-not-analysed" not in said(tmp_path, packed(few))
    many = {**few, "more.pkl": b"N0" * 100 + b"N."}
    assert "too many steps" in said(tmp_path, packed(many))["pickle-not-analysed"]


@pytest.mark.parametrize("behind", [b"x", CALL, bytes(8)])
def test_what_follows_the_numbers_of_an_older_file_is_not_told(
    tmp_path: Path, behind: bytes
) -> None:
    whole = LEGACY.read_bytes()
    assert "pickle-known-globals" in said(tmp_path, whole)
    rare = LEGACY.with_name("rare_tensors.pth").read_bytes()
    assert "pickle-not-analysed" not in said(tmp_path, rare)
    assert "pickle-not-analysed" in said(tmp_path, rare + behind)
    told = said(tmp_path, whole + behind)
    assert "bytes follow the numbers of its tensors" in told["pickle-not-analysed"]


def test_bytes_left_in_a_frame_of_an_older_file_are_not_told(tmp_path: Path) -> None:
    parts = [pickle.dumps(part, 2) for part in (0x1950A86A20F9469CFC6C, 1001, {})]
    framed = b"\x80\x04\x95" + struct.pack("<Q", 2 + len(CALL)) + b"N." + CALL
    told = said(tmp_path, b"".join(parts) + framed + pickle.dumps([], 2))
    assert "read in different ways" in told["pickle-not-analysed"]


def old_tar(entries: Dict[str, bytes], form: int = tarfile.USTAR_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as writer:
        for name, content in entries.items():
            item = tarfile.TarInfo(name)
            item.size = len(content)
            writer.addfile(item, io.BytesIO(content))
    return out.getvalue()


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("name", ["pickle", "storages", "tensors", "./pickle", "anything"])
def test_the_tar_of_the_first_versions_is_not_said_to_be_loaded(
    tmp_path: Path, name: str, form: int
) -> None:
    told = said(tmp_path, old_tar({"first": b"", name: CALL, "sys_info": b"N."}, form))
    assert "tar archive of a PyTorch before 0.1.10" in told["model-unsupported"]
    assert "os.system" in told["pickle-runs-code"]
    assert "pickle-not-analysed" in told


def renamed(name: bytes) -> bytes:
    """A tar archive whose only member gets its name from the one before it."""
    data = old_tar({"n" * 120: CALL}, tarfile.GNU_FORMAT)
    return data.replace(b"n" * 120, name.ljust(120, b"\0"))


def test_a_name_that_is_given_before_counts(tmp_path: Path) -> None:
    assert "pickle-runs-code" in said(tmp_path, renamed(b"storages"))
    assert "model-unsupported" not in said(tmp_path, renamed(b"something"))


def test_a_file_that_is_a_tar_and_pickles_is_the_tar_that_pytorch_takes(tmp_path: Path) -> None:
    start = LEGACY.read_bytes()[:50]
    assert b"\x8a\x0a" in start
    data = bytearray(old_tar({"storages": b"N.", "tensors": CALL}))
    data = bytearray(old_tar({"x": b""})[:512]) + data
    data[:100] = start.ljust(100, b"N")
    data[148:156] = b"%06o\0 " % (sum(data[:148]) + 8 * 32 + sum(data[156:512]))
    with tarfile.open(fileobj=io.BytesIO(data)) as reader:
        assert len(reader.getnames()) == 3
    told = said(tmp_path, bytes(data))
    assert "tar archive of a PyTorch" in told["model-unsupported"]
    assert "pickle-runs-code" in told


def test_the_tar_of_the_first_versions_needs_no_mark(tmp_path: Path) -> None:
    data = bytearray(old_tar({"storages": CALL}))
    data[257:265] = bytes(8)
    total = sum(data[:148]) + 8 * 32 + sum(data[156:512])
    data[148:156] = b"%06o\0 " % total
    assert "pickle-runs-code" in said(tmp_path, bytes(data))
    data[148:156] = b"000001\0 "
    assert "model-unsupported" not in said(tmp_path, bytes(data))


@pytest.mark.parametrize("size", [b"\x80" + bytes(10) + b"\x17", b"zzz", b"\xff" * 12])
def test_sizes_in_a_tar_may_be_written_in_two_ways(tmp_path: Path, size: bytes) -> None:
    data = bytearray(old_tar({"storages": CALL}))
    data[124:136] = size.ljust(12, b"\0")
    data[148:156] = b"%06o\0 " % (sum(data[:148]) + 8 * 32 + sum(data[156:512]))
    assert ("pickle-runs-code" in said(tmp_path, bytes(data))) is (size[:1] == b"\x80")


def test_a_tar_of_very_many_members_is_looked_at_in_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dl2ecd_core.models.not_models.old_tar._MOST_MEMBERS", 3)
    told = said(tmp_path, old_tar({"pickle": CALL, **{str(number): b"" for number in range(9)}}))
    assert {"pickle-runs-code", "pickle-not-analysed"} <= set(told)


def test_a_tar_of_something_else_is_none_of_pytorch(tmp_path: Path) -> None:
    assert "model-unsupported" not in said(tmp_path, old_tar({"a.txt": CALL}))


@pytest.mark.parametrize("name", ["data.pkl", "constants.pkl"])
def test_what_follows_a_pickle_of_pytorch_is_not_told(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(FIXTURES / "pytorch" / "unet_scripted.pt") as old:
        entries = {item: old.read(item) for item in old.namelist()}
    assert list(said(tmp_path, packed(entries))) == ["pickle-known-globals"]
    (full,) = [item for item in entries if item.endswith(f"/{name}")]
    more = {**entries, full: entries[full] + CALL}
    assert "pickle-runs-code" in said(tmp_path, packed(more))
    more = {**entries, full: entries[full] + b"\0"}
    assert "bytes follow the pickle" in said(tmp_path, packed(more))["pickle-not-analysed"]


def test_what_follows_the_weights_of_paddlepaddle_is_not_told(tmp_path: Path) -> None:
    state = next((FIXTURES / "paddle").glob("*.pdparams")).read_bytes()
    assert "pickle-known-globals" in said(tmp_path, state)
    assert "pickle-runs-code" in said(tmp_path, state + CALL)
    assert "bytes follow the pickle" in said(tmp_path, state + b"\0")["pickle-not-analysed"]
