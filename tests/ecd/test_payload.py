"""Bytes on their way into an .ecd: hashed, encoded, and refused when they change."""

from __future__ import annotations

import base64
import binascii
import hashlib
import importlib.util
import os
import sys
import threading
import types
from pathlib import Path
from typing import Any, List, Set

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dl2ecd_core.ecd import payload
from dl2ecd_core.ecd.payload import (
    CHUNK,
    Progress,
    behind,
    decoded,
    encoded,
    pass_on,
)
from dl2ecd_core.files.stamps import changed, stamp, unreadable
from dl2ecd_core.findings.errors import Cancelled, ConversionRefused, Dl2EcdError, ModelFileError
from dl2ecd_core.models import ModelPart
from dl2ecd_core.progress import Listener
from tests.conftest import NO_POSIX


def part_of(path: Path) -> ModelPart:
    return ModelPart(path.name, path, path.stat().st_size)


def progress(total: int = 0) -> Progress:
    return Progress(Listener(), total)


class TestEncoding:
    @given(st.binary(max_size=200_000))
    def test_is_the_standard_base64(self, data: bytes) -> None:
        assert encoded(data) == base64.b64encode(data)

    @pytest.mark.parametrize("size", [0, 1, 2, 3, 48 * 1024, 48 * 1024 + 1, 200_001])
    def test_is_the_same_without_the_fast_extra(
        self, size: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        data = bytes(range(256)) * (size // 256 + 1)
        monkeypatch.setattr(payload, "_encode_fast", None)
        assert encoded(data[:size]) == base64.b64encode(data[:size])


class TestDecoding:
    @pytest.fixture(autouse=True, params=["fast", "standard library"])
    def _way(self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
        if request.param != "fast":
            monkeypatch.setattr(payload, "_encode_fast", None)
            monkeypatch.setattr(payload, "_decode_fast", None)

    @pytest.mark.parametrize("size", [0, 1, 2, 3, 200_001])
    def test_undoes_encoding(self, size: int) -> None:
        data = os.urandom(size)
        assert decoded(encoded(data)) == data

    @pytest.mark.parametrize(
        "text", [b"AB==", b"AA=", b"A", b"AAAA\n", b"AA AA===", b"AA-_", b"AAA\xff", b"AA==AAAA"]
    )
    def test_refuses_all_but_canonical_base64(self, text: bytes) -> None:
        with pytest.raises(binascii.Error):
            decoded(text)


class TestPassingOn:
    @pytest.mark.parametrize("fast", [True, False])
    @pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 9 * CHUNK + 7])
    def test_digest_and_base64_of_files_of_any_size(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, fast: bool
    ) -> None:
        monkeypatch.setattr(payload, "_encode_fast", base64.b64encode if fast else None)
        path = tmp_path / "a.model"
        path.write_bytes(os.urandom(size))
        written: List[bytes] = []
        digest = pass_on(part_of(path), stamp(path), progress(size), written.append)
        assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
        assert base64.b64decode(b"".join(written), validate=True) == path.read_bytes()

    def test_without_a_writer_only_the_digest_is_made(self, tmp_path: Path) -> None:
        path = tmp_path / "a.model"
        path.write_bytes(b"model")
        digest = pass_on(part_of(path), stamp(path), progress(5))
        assert digest == hashlib.sha256(b"model").hexdigest()

    def test_progress_ends_at_the_total_and_names_the_file(self, tmp_path: Path) -> None:
        path = tmp_path / "a.model"
        path.write_bytes(bytes(2 * CHUNK + 1))
        told = []

        class Hearing(Listener):
            def progressed(self, done: int, total: int, doing: str) -> None:
                told.append((done, total, doing))

        pass_on(part_of(path), stamp(path), Progress(Hearing(), 2 * CHUNK + 1))
        assert [done for done, _, _ in told] == [CHUNK, 2 * CHUNK, 2 * CHUNK + 1]
        assert told[-1][1] == 2 * CHUNK + 1
        assert "a.model" in told[-1][2]

    def test_cancelling_stops_at_the_next_chunk(self, tmp_path: Path) -> None:
        path = tmp_path / "a.model"
        path.write_bytes(bytes(3 * CHUNK))
        written: List[bytes] = []

        class Impatient(Listener):
            def cancelled(self) -> bool:
                return True

        with pytest.raises(Cancelled):
            pass_on(part_of(path), stamp(path), Progress(Impatient(), 0), written.append)
        assert sum(map(len, written)) == CHUNK // 3 * 4


class TestTheSecondThread:
    """Which does what the first would wait for."""

    def threads(self, path: Path, size: int) -> Set[int]:
        """The threads that write while a file of this size is passed on."""
        path.write_bytes(bytes(size))
        used: Set[int] = set()
        pass_on(
            part_of(path), stamp(path), progress(), lambda data: used.add(threading.get_ident())
        )
        return used

    @pytest.mark.parametrize(("fast", "ours"), [(True, True), (False, False)])
    def test_writes_where_encoding_takes_the_firsts_time(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fast: bool, ours: bool
    ) -> None:
        monkeypatch.setattr(payload, "_encode_fast", base64.b64encode if fast else None)
        used = self.threads(tmp_path / "a.model", 4 * CHUNK)
        assert len(used) == 1
        assert (used == {threading.get_ident()}) is ours

    def test_is_not_started_for_little(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(payload, "_encode_fast", None)
        assert self.threads(tmp_path / "a.model", 4 * CHUNK - 1) == {threading.get_ident()}

    def test_gets_no_more_than_it_can_do(self) -> None:
        done: List[bytes] = []
        go = threading.Event()

        def slow(data: bytes) -> None:
            assert go.wait(600)
            done.append(data)

        with behind(4 * CHUNK) as later:
            for piece in (b"1", b"2", b"3"):
                later(slow, piece)
            assert done == []
            threading.Timer(0.05, go.set).start()
            later(slow, b"4")
            assert done[:1] == [b"1"]
            later.finish()
            assert done == [b"1", b"2", b"3", b"4"]

    def test_says_what_went_wrong_in_it(self) -> None:
        def broken(data: bytes) -> None:
            raise OSError(28, "No space left on device")

        with behind(4 * CHUNK) as later:
            later(broken, b"")
            with pytest.raises(OSError, match="No space left"):
                later.finish()
            for _ in range(3):
                later(broken, b"")
            with pytest.raises(OSError, match="No space left"):
                later(broken, b"")

    def test_is_gone_afterwards(self, tmp_path: Path) -> None:
        before = threading.active_count()
        self.threads(tmp_path / "a.model", 4 * CHUNK)
        assert threading.active_count() == before


not_while_open = pytest.mark.skipif(NO_POSIX, reason="what is open can't be replaced there")


class TestChanges:
    def changing(self, path: Path, change: str) -> None:
        """Pass a file on and change it when its first chunk has been read."""
        size = path.stat().st_size

        def write(data: bytes) -> None:
            if change == "shrink":
                os.truncate(path, CHUNK + 5)
            elif change == "grow":
                with path.open("ab") as handle:
                    handle.write(b"more")
            elif change == "rewrite":
                with path.open("r+b") as handle:
                    handle.write(b"other")
                os.utime(path, ns=(1, 1))
            elif change == "replace":
                other = path.with_name("other")
                other.write_bytes(bytes(size))
                other.replace(path)
            elif change == "in place":
                # Size and time are those of before: only the system knows.
                time = path.stat().st_mtime_ns
                with path.open("r+b") as handle:
                    handle.write(b"other")
                os.utime(path, ns=(time, time))
            elif change == "folder" and not path.parent.with_name("moved").exists():
                path.parent.rename(path.parent.with_name("moved"))
                path.parent.mkdir()
                path.write_bytes(bytes(size))
            elif change == "copy":
                # The same size and time, but another file.
                other = path.with_name("other")
                other.write_bytes(data[:1] * size)
                os.utime(other, ns=(1, path.stat().st_mtime_ns))
                other.replace(path)

        pass_on(part_of(path), stamp(path), progress(size), write)

    @pytest.mark.parametrize(
        "change",
        [
            "shrink",
            "grow",
            "rewrite",
            pytest.param("replace", marks=not_while_open),
            pytest.param("copy", marks=not_while_open),
            pytest.param("folder", marks=not_while_open),
            pytest.param(
                "in place", marks=pytest.mark.skipif(NO_POSIX, reason="Windows can't tell")
            ),
        ],
    )
    def test_are_noticed_while_reading(self, tmp_path: Path, change: str) -> None:
        path = tmp_path / "folder" / "a.model"
        path.parent.mkdir()
        path.write_bytes(bytes(3 * CHUNK))
        with pytest.raises(ConversionRefused) as error:
            self.changing(path, change)
        self.is_said_of(path, error.value)

    def is_said_of(self, path: Path, error: Dl2EcdError) -> None:
        (item,) = error.findings
        assert (item.rule, item.where.file) == ("file-changed", str(path))
        assert item.message == f"The model file '{path}' changed while it was read."
        assert item.hint == "Wait until nothing writes to it any more and try again."

    def test_are_noticed_before_reading(self, tmp_path: Path) -> None:
        path = tmp_path / "a.model"
        path.write_bytes(b"model")
        before = stamp(path)
        path.write_bytes(b"another model")
        with pytest.raises(ConversionRefused) as error:
            pass_on(part_of(path), before, progress())
        self.is_said_of(path, error.value)

    def test_a_file_that_is_gone_is_said(self, tmp_path: Path) -> None:
        with pytest.raises(ModelFileError) as error:
            stamp(tmp_path / "gone.model")
        assert error.value.finding.rule == "file-unreadable"
        assert error.value.finding.where.file == str(tmp_path / "gone.model")
        assert str(tmp_path / "gone.model") in error.value.finding.message

    def test_a_name_is_said_whole_up_to_400_characters(self) -> None:
        for said in (
            lambda name: str(changed(Path(name)).findings[0].message),
            lambda name: str(unreadable(Path(name), OSError(5, "broken")).finding.message),
        ):
            assert f"'{'n' * 400}'" in said("n" * 400)
            assert "n" * 201 not in said("n" * 401)

    def test_a_reason_without_words_of_the_system_is_said_as_it_is(self) -> None:
        error = unreadable(Path("a"), OSError("the tape is torn"))
        assert error.finding.message == "The model file 'a' can't be read: the tape is torn."


class TestRawReads:
    def reading(self, *answers: Any) -> Any:
        left = list(answers)
        return lambda length: left.pop(0)

    @pytest.mark.parametrize(
        ("answers", "lengths"),
        [([b"ab", b"c", b"de"], [5, 3, 2]), ([b"a", b"bcde"], [5, 4]), ([b"abcde"], [5])],
    )
    def test_that_give_less_are_followed_by_more(
        self, answers: List[bytes], lengths: List[int]
    ) -> None:
        asked: List[int] = []

        def read(length: int) -> bytes:
            asked.append(length)
            return answers[len(asked) - 1]

        assert payload._full_read(read, 5) == b"abcde"
        assert asked == lengths

    @pytest.mark.parametrize("nothing", [b"", None])
    def test_that_give_nothing_are_the_end(self, nothing: Any) -> None:
        assert payload._full_read(self.reading(b"ab", nothing), 5) == b"ab"
        assert payload._full_read(self.reading(nothing), 5) == b""

    def test_a_file_that_can_not_be_read_any_more_is_said(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "a.model"
        path.write_bytes(b"model")
        before = stamp(path)

        def broken(*arguments: Any) -> Any:
            raise OSError(5, "Input/output error")

        monkeypatch.setattr(payload, "_full_read", broken)
        with pytest.raises(ModelFileError) as error:
            pass_on(part_of(path), before, progress())
        assert error.value.finding.message == (
            f"The model file '{path}' can't be read: Input/output error."
        )
        assert error.value.finding.rule == "file-unreadable"
        assert error.value.finding.where.file == str(path)
        assert error.value.finding.hint == (
            "Check that you may read it and that no other program holds it."
        )


@pytest.mark.parametrize("installed", [True, False])
def test_the_fast_extra_is_used_where_it_is_installed(
    installed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    extra = None
    if installed:
        extra = types.ModuleType("pybase64")
        vars(extra).update(b64encode=base64.b64encode, b64decode=base64.b64decode)
    monkeypatch.setitem(sys.modules, "pybase64", extra)
    spec = importlib.util.spec_from_file_location("dl2ecd_core.ecd.again", payload.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "dl2ecd_core.ecd.again", module)
    spec.loader.exec_module(module)
    assert module._encode_fast is (base64.b64encode if installed else None)
    assert module.encoded(b"model") == base64.b64encode(b"model")
