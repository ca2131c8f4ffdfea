"""Getting a model out of its .ecd: all of it, in its folder, or nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable, Dict, List, Tuple

import pytest

from dl2ecd_core import convert, inspect_model
from dl2ecd_core.demo import CLASS_INFO, MODEL
from dl2ecd_core.ecd import extraction
from dl2ecd_core.ecd.content import Ecd, Kind
from dl2ecd_core.ecd.extraction import extract, in_pieces, with_gaps
from dl2ecd_core.ecd.layout import Gap
from dl2ecd_core.ecd.reader import read_ecd
from dl2ecd_core.ecd.stored import StoredFile
from dl2ecd_core.ecd.verification import verify_ecd
from dl2ecd_core.exports import export
from dl2ecd_core.findings.errors import Cancelled, ConversionRefused, EcdFileError
from dl2ecd_core.fit.template import class_information_for
from dl2ecd_core.progress import Listener
from tests.conftest import NO_POSIX
from tests.ecd.conftest import files_of, rewrite

posix = pytest.mark.skipif(NO_POSIX, reason="about links, and paths of any length")


def refusal(ecd: Path, folder: Path, **options: Any) -> Tuple[str, str]:
    with pytest.raises((ConversionRefused, EcdFileError)) as error:
        extract(read_ecd(ecd), folder, **options)
    (item,) = error.value.findings
    return item.rule, item.message


def test_a_referenced_model_is_copied_and_stays_referenced(referring: Path) -> None:
    folder = referring.parent / "out"
    extract(read_ecd(referring), folder)
    assert (folder / MODEL).read_bytes() == (referring.parent / MODEL).read_bytes()
    document = json.loads((folder / "a.ecd").read_text(encoding="utf-8"))
    assert document["ModelFile"] == MODEL
    assert "Data" not in files_of(document)[0]
    assert verify_ecd(folder / "a.ecd")[1] == ()


def test_companions_keep_their_folders(fixtures: Path, tmp_path: Path) -> None:
    model = fixtures / "tensorflow" / "tf1" / "saved"
    info = class_information_for(inspect_model(model))
    (tmp_path / "classes.json").write_text(json.dumps(info), encoding="utf-8")
    convert(model, tmp_path / "classes.json", tmp_path / "a.ecd")
    content = read_ecd(tmp_path / "a.ecd")
    written = extract(content, tmp_path / "out")
    assert [path.relative_to(tmp_path / "out").as_posix() for path in written] == [
        *(item.path for item in content.files),
        "a.ecd",
    ]
    for item in content.files:
        assert (tmp_path / "out" / item.path).read_bytes() == b"".join(item.chunks())
    assert verify_ecd(tmp_path / "out" / "a.ecd")[1] == ()


def test_a_definition_without_a_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "b.ecd").write_text(
        '{"EsriClassifierDefinitionFile": 0, "Definitions": []}', encoding="utf-8"
    )
    with pytest.raises(EcdFileError) as error:
        extract(read_ecd(tmp_path / "b.ecd"), tmp_path / "out")
    (item,) = error.value.findings
    assert (item.rule, item.where.file) == ("ecd-not-valid", str(tmp_path / "b.ecd"))
    assert item.message == f"'{tmp_path / 'b.ecd'}' holds no model: it is a classic definition."
    assert not (tmp_path / "out").exists()


@posix
def test_a_folder_that_cannot_be_made_is_said(fresh: Path) -> None:
    (fresh.parent / "file").touch()
    with pytest.raises(ConversionRefused) as error:
        extract(read_ecd(fresh), fresh.parent / "file" / "below")
    assert error.value.findings[0].where.file == str(fresh.parent / "file" / "below")
    assert refusal(fresh, fresh.parent / "file")[0].startswith("output-")
    assert refusal(fresh, fresh.parent / "file" / "below")[0].startswith("output-")
    (fresh.parent / "link").symlink_to(fresh.parent / "nowhere")
    assert refusal(fresh, fresh.parent / "link")[0].startswith("output-")
    assert (fresh.parent / "link").is_symlink()


@posix
def test_a_link_inside_the_folder_leads_nowhere_else(fresh: Path) -> None:
    outside, folder = fresh.parent / "outside", fresh.parent / "out"
    outside.mkdir()
    folder.mkdir()
    (folder / "sub").symlink_to(outside)
    rewrite(fresh, lambda document: files_of(document)[0].update(Path="sub/a.model"))
    rule, message = refusal(fresh, folder, overwrite=True)
    assert rule == "ecd-path-outside"
    assert message == (
        f"'{folder / 'sub' / 'a.model'}' would lie outside the folder, through a link."
    )
    assert list(outside.iterdir()) == []


def test_a_definition_of_a_model_without_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EcdFileError):
        extract(Ecd("a.ecd", Kind.DEEP_LEARNING, {}, None, ()), tmp_path / "out")
    files = (StoredFile("a.model", 1, None, tmp_path / "a.model"),)
    with pytest.raises(EcdFileError):
        extract(Ecd("a.ecd", Kind.CLASSIC, {}, None, (), files=files), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_name_is_said_whole_up_to_400_characters(tmp_path: Path) -> None:
    def said(name: str) -> str:
        with pytest.raises(EcdFileError) as error:
            extract(Ecd(name, Kind.CLASSIC, {}, None, ()), tmp_path / "out")
        return error.value.findings[0].message

    assert f"'{'n' * 400}'" in said("n" * 400)
    assert "n" * 201 not in said("n" * 401)


@pytest.mark.parametrize("path", ["n" * 300, "n" * 300 + "/a.model"])
def test_a_name_too_long_for_this_system_is_said(fresh: Path, path: str) -> None:
    rewrite(fresh, lambda document: files_of(document)[0].update(Path=path))
    folder = fresh.parent / "out"
    rule, message = refusal(fresh, folder)
    assert rule == "output-not-writable"
    assert "File name too long" in message
    assert not folder.exists()
    with pytest.raises(ConversionRefused, match="output-not-writable"):
        export(read_ecd(fresh), "emd", fresh.parent / "a.emd")
    assert not (fresh.parent / "a.emd").exists()


@posix
@pytest.mark.parametrize("length", [400, 401])
@pytest.mark.parametrize("linked", [True, False])
def test_a_place_is_said_whole_up_to_400_characters(fresh: Path, length: int, linked: bool) -> None:
    rewrite(fresh, lambda document: files_of(document)[0].update(Path="sub/a.model"))
    left = length - len(str(fresh.parent / "sub" / "a.model")) - 1
    folder = fresh.parent / ("m" * (left - 101)) / ("n" * 100)
    folder.mkdir(parents=True)
    if linked:
        (folder / "sub").symlink_to(fresh.parent)
    else:
        (folder / "sub").mkdir()
        (folder / "sub" / "a.model").touch()
    target = str(folder / "sub" / "a.model")
    assert len(target) == length
    with pytest.raises(ConversionRefused) as error:
        extract(read_ecd(fresh), folder)
    (item,) = error.value.findings
    assert item.rule == ("ecd-path-outside" if linked else "output-exists")
    assert (f"'{target}'" in item.message) is (length == 400)
    assert item.where.file == target


def test_what_was_read_stays_as_it_was(fresh: Path) -> None:
    content = read_ecd(fresh)
    before = json.dumps(content.document)
    extract(content, fresh.parent / "out")
    extract(content, fresh.parent / "again")
    assert json.dumps(content.document) == before
    gaps = files_of(with_gaps(content.document, embedded=True))
    assert [entry["Data"] for entry in gaps] == [Gap("data", 0)]
    assert "Data" not in files_of(with_gaps(content.document, embedded=False))[0]


@posix
def test_a_folder_may_be_reached_through_a_link(fresh: Path) -> None:
    (fresh.parent / "real").mkdir()
    (fresh.parent / "link").symlink_to(fresh.parent / "real")
    extract(read_ecd(fresh), fresh.parent / "link")
    assert sorted(path.name for path in (fresh.parent / "real").iterdir()) == ["a.ecd", MODEL]


def test_an_existing_file_is_named(fresh: Path) -> None:
    rule, message = refusal(fresh, fresh.parent)
    assert rule == "output-exists"
    assert message == f"'{fresh.parent / MODEL}' exists already."


@pytest.mark.parametrize("name", ["a.ecd", "A.ECD"])
def test_an_ecd_that_names_a_file_like_itself_destroys_nothing(fresh: Path, name: str) -> None:
    rewrite(fresh, lambda document: files_of(document)[0].update(Path=name))
    before = fresh.read_bytes()
    for folder in (fresh.parent, fresh.parent / "out"):
        assert refusal(fresh, folder, overwrite=True)[0] == "output-named-twice"
    assert fresh.read_bytes() == before
    assert not (fresh.parent / "out").exists()


def test_what_is_read_is_not_written(fresh: Path, referring: Path) -> None:
    before = {path: path.read_bytes() for path in fresh.parent.iterdir()}
    for ecd in (fresh, referring):
        assert refusal(ecd, fresh.parent, overwrite=True)[0] == "output-is-input"
    assert {path: path.read_bytes() for path in fresh.parent.iterdir()} == before


def test_files_of_older_ones_are_replaced_together(fresh: Path) -> None:
    folder = fresh.parent / "out"
    extract(read_ecd(fresh), folder)
    (folder / MODEL).write_text("older", encoding="utf-8")
    extract(read_ecd(fresh), folder, overwrite=True)
    assert (folder / MODEL).read_bytes() == (fresh.parent / MODEL).read_bytes()
    assert sorted(path.name for path in folder.iterdir()) == ["a.ecd", MODEL]


def test_progress_ends_at_the_total_and_says_what_is_done(
    fresh: Path, referring: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: List[Tuple[int, int, str]] = []

    class Hearing(Listener):
        def progressed(self, done: int, total: int, doing: str) -> None:
            told.append((done, total, doing))

    size = (fresh.parent / MODEL).stat().st_size
    extract(read_ecd(referring), fresh.parent / "one", messages=Hearing())
    assert told[-1] == (size, size, f"Extracting {MODEL}")
    convert(fresh.parent / MODEL, fresh.parent / CLASS_INFO, fresh)
    del told[:]
    extract(read_ecd(fresh), fresh.parent / "two", messages=Hearing())
    assert told[-1] == (2 * size, 2 * size, "Writing a.ecd")
    assert (size, 2 * size, f"Extracting {MODEL}") in told


def test_cancelling_takes_back_what_is_not_whole(fresh: Path) -> None:
    class Impatient(Listener):
        def cancelled(self) -> bool:
            return True

    (fresh.parent / "out").mkdir()
    with pytest.raises(Cancelled):
        extract(read_ecd(fresh), fresh.parent / "out", messages=Impatient())
    assert list((fresh.parent / "out").iterdir()) == []


def damage(ecd: Path) -> None:
    """Change a letter of the last file's bytes in an .ecd."""
    start, _, data = ecd.read_text(encoding="utf-8").rpartition('"Data": "')
    ecd.write_text(f'{start}"Data": "{"B" if data[0] == "A" else "A"}{data[1:]}', encoding="utf-8")


def test_a_failure_takes_back_what_is_new(fixtures: Path, tmp_path: Path) -> None:
    model = fixtures / "tensorflow" / "tf1" / "saved"
    (tmp_path / "classes.json").write_text(
        json.dumps(class_information_for(inspect_model(model))), encoding="utf-8"
    )
    convert(model, tmp_path / "classes.json", tmp_path / "a.ecd")
    damage(tmp_path / "a.ecd")
    before = sorted(tmp_path.iterdir())
    assert refusal(tmp_path / "a.ecd", tmp_path / "new" / "out")[0] == "ecd-digest-differs"
    assert sorted(tmp_path.iterdir()) == before


def test_a_failure_leaves_what_was_there(fresh: Path) -> None:
    damage(fresh)
    folder = fresh.parent / "out"
    folder.mkdir()
    (folder / "mine.txt").write_text("mine", encoding="utf-8")
    (folder / MODEL).write_text("older", encoding="utf-8")
    assert refusal(fresh, folder, overwrite=True)[0] == "ecd-digest-differs"
    assert sorted(path.name for path in folder.iterdir()) == [MODEL, "mine.txt"]
    assert (folder / MODEL).read_text(encoding="utf-8") == "older"


@pytest.mark.parametrize("meanwhile", [[], ["mine.txt"]])
def test_an_interruption_takes_back_what_nobody_else_uses(
    fresh: Path, meanwhile: List[str]
) -> None:
    folder = fresh.parent / "out"

    class Interrupted(Listener):
        def cancelled(self) -> bool:
            for name in meanwhile:
                (folder / name).write_text("mine", encoding="utf-8")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        extract(read_ecd(fresh), folder, messages=Interrupted())
    assert folder.exists() is bool(meanwhile)
    assert [path.name for path in folder.glob("*")] == meanwhile


def test_many_pieces_join_to_the_same_base64(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extraction, "_PIECE", 300)
    extract(read_ecd(fresh), fresh.parent / "out")
    ours = json.loads(fresh.read_text(encoding="utf-8"))
    theirs = json.loads((fresh.parent / "out" / "a.ecd").read_text(encoding="utf-8"))
    assert theirs == {**ours, "ModelFile": MODEL}


def test_pieces_are_cut_where_base64_joins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extraction, "_PIECE", 6)
    pieces = list(in_pieces([b"12345", b"6", b"7890abcdef", b"g"]))
    assert pieces == [b"123456", b"7890ab", b"cdefg"]
    assert list(in_pieces([])) == [b""]


def test_keys_that_others_added_survive(fresh: Path) -> None:
    def add(document: Dict[str, Any]) -> None:
        document["Ours"] = {"a": [1, {"b": None}]}

    rewrite(fresh, add)
    extract(read_ecd(fresh), fresh.parent / "out")
    again = json.loads((fresh.parent / "out" / "a.ecd").read_text(encoding="utf-8"))
    assert again["Ours"] == {"a": [1, {"b": None}]}


class TestWhileItIsRead:
    def chunks(self, ecd: Path, change: Callable[[bytes], bytes]) -> str:
        (stored,) = read_ecd(ecd).files
        ecd.write_bytes(change(ecd.read_bytes()))
        with pytest.raises(EcdFileError) as error:
            list(stored.chunks())
        (item,) = error.value.findings
        return item.rule

    @pytest.mark.parametrize("kept", [0, 2000, 5000])
    def test_an_ecd_that_gets_shorter_is_refused(self, fresh: Path, kept: int) -> None:
        assert self.chunks(fresh, lambda content: content[:kept]) == "ecd-data-damaged"

    def test_padding_in_the_middle_is_refused(
        self, fresh: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("dl2ecd_core.ecd.stored._CHARACTERS", 8)

        def padded(content: bytes) -> bytes:
            start = content.index(b'"Data": "') + 9
            return content[:start] + b"AAAAAA==" + content[start + 8 :]

        assert self.chunks(fresh, padded) == "ecd-data-damaged"
