"""Several files appear together or not at all."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Dict

import pytest

from dl2ecd_core.files.output_set import OutputSet, check_apart, check_set, output_set
from dl2ecd_core.findings.errors import ConversionRefused
from tests.conftest import NO_POSIX

posix = pytest.mark.skipif(NO_POSIX, reason="about POSIX permissions and links")


def rule_of(error: pytest.ExceptionInfo[ConversionRefused]) -> str:
    return error.value.findings[0].rule


def contents(folder: Path) -> Dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def put(outputs: OutputSet, target: Path, content: bytes) -> None:
    with outputs.file(target) as handle:
        handle.write(content)


class TestWriting:
    def test_all_are_there_afterwards_and_none_before(self, tmp_path: Path) -> None:
        folder = tmp_path / "new" / "folder"
        with output_set(folder) as outputs:
            put(outputs, folder / "a", b"one")
            put(outputs, folder / "sub" / "b", b"two")
            assert not (folder / "a").exists()
        assert contents(tmp_path) == {"new/folder/a": b"one", "new/folder/sub/b": b"two"}

    def test_what_is_replaced_keeps_its_permissions(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_bytes(b"old")
        (tmp_path / "a").chmod(0o640)
        with output_set(tmp_path) as outputs:
            put(outputs, tmp_path / "a", b"new")
        assert contents(tmp_path) == {"a": b"new"}
        assert NO_POSIX or stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640

    @pytest.mark.parametrize("ended", [RuntimeError, KeyboardInterrupt])
    def test_an_exception_leaves_all_as_it_was(self, tmp_path: Path, ended: type) -> None:
        (tmp_path / "a").write_bytes(b"old")
        with pytest.raises(ended), output_set(tmp_path / "new") as outputs:
            put(outputs, tmp_path / "new" / "b", b"new")
            put(outputs, tmp_path / "a", b"new")
            raise ended
        assert contents(tmp_path) == {"a": b"old"}
        assert os.listdir(tmp_path) == ["a"]

    def test_a_full_disk_is_said_of_the_file(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(descriptor: int) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr("os.fsync", full)
        with pytest.raises(ConversionRefused) as error, output_set(tmp_path / "new") as outputs:
            put(outputs, tmp_path / "new" / "b", b"new")
        assert rule_of(error) == "output-disk-full"
        assert error.value.findings[0].where.file == str(tmp_path / "new" / "b")
        assert os.listdir(tmp_path) == []

    def test_a_folder_that_can_not_be_made_is_said(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(ConversionRefused) as error, output_set(tmp_path / "file"):
            raise AssertionError("it was made")
        assert rule_of(error).startswith("output-")


class TestMoving:
    """The files are whole, and moving one of them fails."""

    @pytest.mark.parametrize("links", [True, False])
    def test_what_was_moved_is_taken_back(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
    ) -> None:
        (tmp_path / "a").write_bytes(b"old")
        (tmp_path / "c").mkdir()

        def no_links(*arguments: object) -> None:
            raise OSError(errno.EOPNOTSUPP, "Operation not supported")

        if not links:
            monkeypatch.setattr("os.link", no_links)
        with pytest.raises(ConversionRefused) as error, output_set(tmp_path) as outputs:
            for name in ("a", "new/b", "c"):
                put(outputs, tmp_path / name, b"new")
        assert rule_of(error) == "output-not-writable"
        # Without a second name what was replaced is lost, but the new one is whole.
        assert contents(tmp_path) == {"a": b"old" if links else b"new"}
        assert sorted(os.listdir(tmp_path)) == ["a", "c"]

    def test_files_that_someone_put_into_a_new_folder_stay(self, tmp_path: Path) -> None:
        with pytest.raises(RuntimeError), output_set(tmp_path / "new"):
            (tmp_path / "new" / "mine").touch()
            raise RuntimeError
        assert os.listdir(tmp_path / "new") == ["mine"]

    def test_a_place_on_another_disk_is_copied_to(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = Path.replace
        (tmp_path / "b").mkdir()

        def replace(path: Path, target: Path) -> Path:
            if path.name.startswith("new"):
                raise OSError(errno.EXDEV, "Invalid cross-device link")
            return real(path, target)

        monkeypatch.setattr(Path, "replace", replace)
        with output_set(tmp_path) as outputs:
            put(outputs, tmp_path / "b" / "c", b"new")
        assert contents(tmp_path) == {"b/c": b"new"}


class TestPlaces:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("a.ecd", "a.ecd"),
            ("A.ecd", "a.ECD"),
            ("stra\u00dfe", "STRASSE"),
            ("Fl\u00e4che.ecd", "Fla\u0308che.ecd"),
            ("a", "a/b"),
            ("A/b/c", "a"),
        ],
    )
    def test_that_are_one_somewhere_are_refused(self, tmp_path: Path, one: str, other: str) -> None:
        for names in ((one, other), (other, one)):
            with pytest.raises(ConversionRefused) as error:
                check_set(tmp_path, [tmp_path / name for name in names], overwrite=True)
            assert rule_of(error) == "output-named-twice"

    def test_that_differ_are_fine(self, tmp_path: Path) -> None:
        check_apart([tmp_path / name for name in ("a", "b/a", "b/c", "ab")])
        check_set(tmp_path / "new", [tmp_path / "new" / "a", tmp_path / "new" / "b" / "a"])

    @posix
    def test_through_a_link_are_refused(self, tmp_path: Path) -> None:
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "sub").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(ConversionRefused) as error:
            check_set(tmp_path / "out", [tmp_path / "out" / "sub" / "a"], overwrite=True)
        assert rule_of(error) == "ecd-path-outside"

    def test_of_an_input_are_refused(self, tmp_path: Path) -> None:
        (tmp_path / "a").touch()
        with pytest.raises(ConversionRefused) as error:
            check_set(tmp_path, [tmp_path / "a"], [tmp_path / "none", tmp_path / "a"])
        assert rule_of(error) == "output-is-input"

    def test_that_are_taken_are_refused_unless_told(self, tmp_path: Path) -> None:
        (tmp_path / "a").touch()
        with pytest.raises(ConversionRefused) as error:
            check_set(tmp_path, [tmp_path / "a"])
        assert rule_of(error) == "output-exists"
        check_set(tmp_path, [tmp_path / "a"], overwrite=True)

    @posix
    def test_that_are_links_are_never_followed(self, tmp_path: Path) -> None:
        (tmp_path / "a").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(ConversionRefused) as error:
            check_set(tmp_path, [tmp_path / "a"], overwrite=True)
        assert rule_of(error) == "output-exists"
