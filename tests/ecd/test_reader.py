"""Reading .ecd files back: ours at once, classic ones as far as they are known."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Callable, Dict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dl2ecd_core import convert
from dl2ecd_core.demo import CLASS_INFO, MODEL, unpack
from dl2ecd_core.ecd.content import EcdClass, Kind
from dl2ecd_core.ecd.extraction import extract
from dl2ecd_core.ecd.reader import examine_ecd, read_ecd
from dl2ecd_core.ecd.verification import verify_ecd
from dl2ecd_core.findings.errors import ConversionRefused, Dl2EcdError, EcdFileError
from tests.conftest import NO_POSIX

posix = pytest.mark.skipif(NO_POSIX, reason="about links, and paths of any length")


@pytest.fixture
def ecd(tmp_path: Path) -> Path:
    """A fresh .ecd of the demo model."""
    unpack(tmp_path)
    convert(tmp_path / MODEL, tmp_path / CLASS_INFO, tmp_path / "a.ecd")
    return tmp_path / "a.ecd"


def edit(path: Path, change: Callable[[Dict[str, Any]], object]) -> None:
    """Change the document of an .ecd."""
    document = json.loads(path.read_text(encoding="utf-8"))
    change(document)
    path.write_text(json.dumps(document), encoding="utf-8")


def rules(path: Path) -> set:
    return {item.rule for item in verify_ecd(path)[1]}


class TestOurOwn:
    def test_says_what_was_written(self, ecd: Path) -> None:
        content = read_ecd(ecd)
        assert content.kind is Kind.DEEP_LEARNING
        assert content.classifier == "CNTK"
        assert content.band_count == 4
        assert content.storage == "embedded"
        assert content.classes[0] == EcdClass(0, "Water", (0, 114, 178), 0)
        assert content.findings == ()

    def test_gives_the_models_bytes(self, ecd: Path) -> None:
        (stored,) = read_ecd(ecd).files
        assert b"".join(stored.chunks()) == (ecd.parent / MODEL).read_bytes()

    def test_the_document_is_complete_but_for_the_bytes(self, ecd: Path) -> None:
        whole = json.loads(ecd.read_text(encoding="utf-8"))
        for entry in whole["Definitions"][0]["Model"]["Files"]:
            del entry["Data"]
        assert read_ecd(ecd).document == whole

    def test_a_referenced_model_is_found_where_it_lies(self, ecd: Path) -> None:
        convert(ecd.parent / MODEL, ecd.parent / CLASS_INFO, ecd, storage="referenced")
        (stored,) = read_ecd(ecd).files
        assert b"".join(stored.chunks()) == (ecd.parent / MODEL).read_bytes()

    def test_keys_in_another_order(self, ecd: Path) -> None:
        document = json.loads(ecd.read_text(encoding="utf-8"))

        def reversed_keys(value: Any) -> Any:
            if isinstance(value, dict):
                return {key: reversed_keys(value[key]) for key in reversed(list(value))}
            if isinstance(value, list):
                return [reversed_keys(item) for item in value]
            return value

        ecd.write_text(json.dumps(reversed_keys(document), indent=1), encoding="utf-8")
        (stored,) = read_ecd(ecd).files
        assert b"".join(stored.chunks()) == (ecd.parent / MODEL).read_bytes()

    def test_a_key_data_of_the_source_document_is_no_file(self, tmp_path: Path) -> None:
        unpack(tmp_path)
        info = json.loads((tmp_path / CLASS_INFO).read_text(encoding="utf-8"))
        info["Survey"] = {"Size": 3, "Data": 'quoted "text" \\ and \u00fc\\', "Deep": [{"Data": 5}]}
        (tmp_path / CLASS_INFO).write_text(json.dumps(info), encoding="utf-8")
        convert(tmp_path / MODEL, tmp_path / CLASS_INFO, tmp_path / "a.ecd")
        content = read_ecd(tmp_path / "a.ecd")
        assert content.document["ExtraInfo"] == info
        assert b"".join(content.files[0].chunks()) == (tmp_path / MODEL).read_bytes()

    @settings(max_examples=40)
    @given(
        st.dictionaries(
            st.sampled_from(["Data", "Size", 'x"Data', "\\", "note"]),
            st.one_of(st.integers(0, 9), st.text(alphabet='"\\Data:, {}[]ü\n', max_size=12)),
        )
    )
    def test_whatever_the_source_document_holds(
        self, tmp_path: Path, extra: Dict[str, Any]
    ) -> None:
        unpack(tmp_path)
        info = {**json.loads((tmp_path / CLASS_INFO).read_text(encoding="utf-8")), "Mine": extra}
        (tmp_path / "b.json").write_text(json.dumps(info), encoding="utf-8")
        convert(tmp_path / MODEL, tmp_path / "b.json", tmp_path / "b.ecd")
        content = read_ecd(tmp_path / "b.ecd")
        assert content.document["ExtraInfo"] == info
        assert b"".join(content.files[0].chunks()) == (tmp_path / MODEL).read_bytes()

    def test_escaped_quote_where_a_size_says_that_a_text_ends(self, tmp_path: Path) -> None:
        unpack(tmp_path)
        extra = {"Size": 4, "Data": ':::\n\n"'}
        info = {**json.loads((tmp_path / CLASS_INFO).read_text(encoding="utf-8")), "Mine": extra}
        (tmp_path / "b.json").write_text(json.dumps(info), encoding="utf-8")
        convert(tmp_path / MODEL, tmp_path / "b.json", tmp_path / "b.ecd")
        assert read_ecd(tmp_path / "b.ecd").document["ExtraInfo"] == info


class TestRefused:
    def rule(self, path: Path) -> str:
        with pytest.raises(EcdFileError) as error:
            read_ecd(path)
        return error.value.findings[0].rule

    def test_a_missing_file(self, tmp_path: Path) -> None:
        assert self.rule(tmp_path / "none.ecd") == "file-not-found"

    def test_a_folder(self, tmp_path: Path) -> None:
        assert self.rule(tmp_path) == "file-unreadable"

    @pytest.mark.parametrize("text", ["[]", "{}", '{"Framework": "CNTK", "ModelFile": "a"}'])
    def test_other_json(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "a.ecd").write_text(text, encoding="utf-8")
        assert self.rule(tmp_path / "a.ecd") == "ecd-not-an-ecd"

    def test_text_that_is_no_json(self, tmp_path: Path) -> None:
        (tmp_path / "a.ecd").write_text('{"EsriClassifierDefinitionFile": 0,}', encoding="utf-8")
        assert self.rule(tmp_path / "a.ecd") == "json-trailing-comma"

    def test_a_newer_format_says_what_is_needed(self, ecd: Path) -> None:
        edit(ecd, lambda document: document["Generator"].update(DeepLearningFormat=3))
        assert self.rule(ecd) == "ecd-newer-format"

    @pytest.mark.parametrize(
        "path", ["../a", "/etc/passwd", "C:/a", "a\\b", "a/../../b", "nul", "a//b", "a./b"]
    )
    def test_a_path_that_leaves_the_folder(self, ecd: Path, path: str) -> None:
        edit(
            ecd, lambda document: document["Definitions"][0]["Model"]["Files"][0].update(Path=path)
        )
        assert self.rule(ecd) == "ecd-path-outside"

    @pytest.mark.parametrize(
        "paths",
        [
            ("a", "a"),
            ("a", "A"),
            ("a", "a/b"),
            ("a/b/c", "a"),
            ("a/b/c", "A/B"),
            ("ß", "SS"),
            ("a/b", "c/d", "a"),
        ],
    )
    def test_paths_that_can_not_lie_in_one_folder(self, ecd: Path, paths: Any) -> None:
        def change(document: Dict[str, Any]) -> None:
            files = document["Definitions"][0]["Model"]["Files"]
            files[:] = [{**files[0], "Path": path} for path in paths]

        edit(ecd, change)
        assert self.rule(ecd) == "ecd-path-outside"

    def test_paths_that_can(self, ecd: Path) -> None:
        def change(document: Dict[str, Any]) -> None:
            files = document["Definitions"][0]["Model"]["Files"]
            files[:] = [{**files[0], "Path": path} for path in ("a/b", "a/c", "ab", "d/a/b")]

        edit(ecd, change)
        assert [item.path for item in read_ecd(ecd).files] == ["a/b", "a/c", "ab", "d/a/b"]

    @pytest.mark.parametrize(
        ("key", "value"), [("Value", 9), ("Name", "Sea"), ("Color", [0, 114, 179])]
    )
    def test_a_class_edited_in_one_vocabulary(self, ecd: Path, key: str, value: Any) -> None:
        edit(ecd, lambda document: document["Classes"][0].update({key: value}))
        assert self.rule(ecd) == "ecd-vocabularies-differ"

    def test_a_class_missing_in_one_vocabulary(self, ecd: Path) -> None:
        edit(ecd, lambda document: document["Definitions"][0]["Classes"].pop())
        assert self.rule(ecd) == "ecd-vocabularies-differ"


class TestClassic:
    def test_maximum_likelihood(self, tmp_path: Path) -> None:
        definition = {
            "EsriClassifierDefinitionFile": 0,
            "FileVersion": 1,
            "NumberDefinitions": 1,
            "Definitions": [
                {
                    "Classifier": "MaximumLikelihood",
                    "NumberBands": 3,
                    "Classes": [
                        {"ClassValue": 1, "ClassName": "Wald", "Red": 0, "Green": 99, "Blue": 0},
                        {"ClassValue": 2, "ClassName": "Wiese"},
                    ],
                    "Body": {"of": ["unknown", "structure"]},
                }
            ],
        }
        (tmp_path / "a.ecd").write_text(json.dumps(definition), encoding="utf-8")
        content = read_ecd(tmp_path / "a.ecd")
        assert content.kind is Kind.CLASSIC
        assert content.classifier == "MaximumLikelihood"
        assert content.band_count == 3
        assert content.classes == (EcdClass(1, "Wald", (0, 99, 0)), EcdClass(2, "Wiese", None))
        assert [item.rule for item in content.findings] == ["ecd-classic"]

    def test_endmembers(self, tmp_path: Path) -> None:
        definition = {
            "EsriEndmemberDefinitionFile": 0,
            "FileVersion": 1,
            "NumberBands": 7,
            "Endmembers": [{"EndmemberID": 1, "EndmemberName": "urban", "SpectralProfile": [1]}],
        }
        (tmp_path / "a.ecd").write_text(json.dumps(definition), encoding="utf-8")
        content = read_ecd(tmp_path / "a.ecd")
        assert content.kind is Kind.ENDMEMBERS
        assert (content.name, content.band_count) == (str(tmp_path / "a.ecd"), 7)
        assert content.document == definition
        assert content.classes == (EcdClass(1, "urban", None),)

    @pytest.mark.parametrize(
        ("members", "classes"),
        [
            (5, ()),
            ([5], ()),
            ([{}], (EcdClass(0, "", None),)),
            ([{"EndmemberID": "1"}], (EcdClass(0, "", None),)),
        ],
    )
    def test_endmembers_that_say_little(
        self, tmp_path: Path, members: object, classes: object
    ) -> None:
        definition = {"EsriEndmemberDefinitionFile": 0, "Endmembers": members}
        (tmp_path / "a.ecd").write_text(json.dumps(definition), encoding="utf-8")
        assert read_ecd(tmp_path / "a.ecd").classes == classes


class TestVerification:
    def test_a_fresh_one_is_whole(self, ecd: Path) -> None:
        assert verify_ecd(ecd)[1] == ()

    def test_a_bit_flipped_anywhere_in_the_embedded_bytes(self, ecd: Path) -> None:
        text = ecd.read_bytes()
        start = text.index(b'"Data": "') + 9
        end = text.index(b'"', start)
        for place in [*range(start, end, 517), end - 1, end - 2, end - 3]:
            for bit in range(8):
                broken = bytearray(text)
                broken[place] ^= 1 << bit
                ecd.write_bytes(bytes(broken))
                assert verify_ecd(ecd)[1], f"byte {place}, bit {bit}"

    def test_a_changed_letter_of_base64_is_a_digest_that_differs(self, ecd: Path) -> None:
        text = ecd.read_bytes()
        place = text.index(b'"Data": "') + 100
        other = b"A" if text[place : place + 1] != b"A" else b"B"
        ecd.write_bytes(text[:place] + other + text[place + 1 :])
        assert rules(ecd) == {"ecd-digest-differs"}

    def test_unused_bits_must_be_zero(self, ecd: Path) -> None:
        document = json.loads(ecd.read_text(encoding="utf-8"))
        entry = document["Definitions"][0]["Model"]["Files"][0]
        entry.update(Size=1, Data="QR==", SHA256=hashlib.sha256(b"A").hexdigest())
        ecd.write_text(json.dumps(document), encoding="utf-8")
        assert rules(ecd) == {"ecd-data-damaged"}

    @pytest.mark.parametrize("cut", [2, 10, 100, 5000])
    def test_a_truncated_tail(self, ecd: Path, cut: int) -> None:
        ecd.write_bytes(ecd.read_bytes()[:-cut])
        assert rules(ecd)

    def test_a_file_that_broke_off_within_the_model_is_to_be_fetched_again(self, ecd: Path) -> None:
        content = ecd.read_bytes()
        for cut, message in (
            (content.index(b'"Data"') + 500, "The file ends within the bytes of the model."),
            (content.index(b'"Classes"') + 20, "The file ends before"),
        ):
            ecd.write_bytes(content[:cut])
            with pytest.raises(EcdFileError) as caught:
                read_ecd(ecd)
            (item,) = caught.value.findings
            assert item.rule == "json-truncated"
            assert item.message.startswith(message)
            assert "fetch it again" in item.hint
            assert "brackets" not in item.hint

    @pytest.mark.parametrize(
        ("path", "hint"),
        [
            ("none.ecd", "Check the path and the spelling of the name."),
            ("https://example.org/a.ecd", "Download the file and give its path"),
            (".", "Check that it is a file"),
        ],
    )
    def test_no_file_there(self, path: str, hint: str) -> None:
        with pytest.raises(EcdFileError) as caught:
            read_ecd(path)
        assert caught.value.findings[0].hint.startswith(hint)

    def test_a_swapped_file(self, ecd: Path) -> None:
        convert(ecd.parent / MODEL, ecd.parent / CLASS_INFO, ecd, storage="referenced")
        model = ecd.parent / MODEL
        content = bytearray(model.read_bytes())
        content[-1] ^= 1
        model.write_bytes(bytes(content))
        assert rules(ecd) == {"ecd-digest-differs"}
        model.write_bytes(bytes(content) + b"more")
        assert rules(ecd) == {"ecd-size-differs"}
        model.unlink()
        assert rules(ecd) == {"ecd-file-missing"}

    def test_what_is_not_as_the_schema_says(self, ecd: Path) -> None:
        edit(ecd, lambda document: document.update(ImageHeight="256"))
        assert rules(ecd) == {"ecd-not-valid"}

    def test_a_model_that_says_something_else(self, ecd: Path) -> None:
        def lie(document: Dict[str, Any]) -> None:
            document["Definitions"][0]["Model"]["Outputs"][0]["Shape"] = [3, 64, 64]

        edit(ecd, lie)
        assert rules(ecd) == {"ecd-model-differs"}


class TestExtraction:
    def test_gives_the_files_and_a_relinked_ecd(self, ecd: Path, tmp_path: Path) -> None:
        folder = tmp_path / "unpacked"
        written = extract(read_ecd(ecd), folder)
        assert [path.name for path in written] == [MODEL, "a.ecd"]
        assert (folder / MODEL).read_bytes() == (tmp_path / MODEL).read_bytes()
        assert json.loads((folder / "a.ecd").read_text(encoding="utf-8"))["ModelFile"] == MODEL
        assert verify_ecd(folder / "a.ecd")[1] == ()

    def test_a_second_extraction_gives_the_same_bytes(self, ecd: Path, tmp_path: Path) -> None:
        extract(read_ecd(ecd), tmp_path / "one")
        extract(read_ecd(tmp_path / "one" / "a.ecd"), tmp_path / "two")
        for name in (MODEL, "a.ecd"):
            assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()

    def test_never_over_existing_files_unless_told(self, ecd: Path, tmp_path: Path) -> None:
        folder = tmp_path / "unpacked"
        folder.mkdir()
        (folder / "a.ecd").write_text("mine", encoding="utf-8")
        with pytest.raises(ConversionRefused) as error:
            extract(read_ecd(ecd), folder)
        assert error.value.findings[0].rule == "output-exists"
        assert [path.name for path in folder.iterdir()] == ["a.ecd"]
        extract(read_ecd(ecd), folder, overwrite=True)
        assert (folder / "a.ecd").read_text(encoding="utf-8") != "mine"

    @posix
    def test_never_through_a_link(self, ecd: Path, tmp_path: Path) -> None:
        folder = tmp_path / "unpacked"
        folder.mkdir()
        (folder / MODEL).symlink_to(tmp_path / "victim")
        with pytest.raises(ConversionRefused):
            extract(read_ecd(ecd), folder, overwrite=True)
        assert not (tmp_path / "victim").exists()

    def test_damaged_bytes_leave_no_file(self, ecd: Path, tmp_path: Path) -> None:
        text = ecd.read_bytes()
        place = text.index(b'"Data": "') + 100
        ecd.write_bytes(text[:place] + b"#" + text[place + 1 :])
        with pytest.raises(EcdFileError):
            extract(read_ecd(ecd), tmp_path / "unpacked")
        assert not (tmp_path / "unpacked").exists()


@settings(max_examples=150)
@given(st.data())
def test_a_damaged_ecd_never_gives_anything_but_findings(tmp_path: Path, data: Any) -> None:
    unpack(tmp_path)
    whole = tmp_path / "whole.ecd"
    if not whole.exists():
        convert(tmp_path / MODEL, tmp_path / CLASS_INFO, whole)
    text = bytearray(whole.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0, 255))
    broken = tmp_path / "broken.ecd"
    broken.write_bytes(bytes(text[: data.draw(st.integers(0, len(text)))]))
    ecd, findings = examine_ecd(broken)
    assert ecd is not None or findings
    try:
        verify_ecd(broken)
    except Dl2EcdError as error:
        raise AssertionError from error
