"""Model definitions and packages: from an .ecd, into an .ecd, and round."""

from __future__ import annotations

import base64
import json
import os
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dl2ecd_core import convert
from dl2ecd_core.definition import convert_definition
from dl2ecd_core.demo import CLASS_INFO, MODEL, unpack
from dl2ecd_core.ecd.content import Ecd
from dl2ecd_core.ecd.fresh import fresh_ecd
from dl2ecd_core.ecd.reader import read_ecd
from dl2ecd_core.ecd.stored import Embedded
from dl2ecd_core.ecd.verification import verify_ecd
from dl2ecd_core.examination import examine
from dl2ecd_core.exports import dlpk, export, placing
from dl2ecd_core.findings.errors import ConversionRefused, Dl2EcdError
from tests.conftest import NO_POSIX
from tests.esri_reader import EsriReader, read_package
from tests.exports.ecds import MODEL_BYTES, ecd

posix = pytest.mark.skipif(NO_POSIX, reason="about links, and paths of any length")

EMD: Dict[str, Any] = {
    "Framework": "CNTK",
    "ModelConfiguration": "AzurePixelLevelLandClassification",
    "ModelType": "ImageClassification",
    "ModelFile": ".\\landcover.model",
    "ExtractBands": [3, 0, 1, 2],
    "DataRange": [0.0, 1.0],
    "ImageHeight": 64,
    "ImageWidth": 64,
    "ModelPadding": 2,
    "Classes": [
        {"Value": 0, "Name": "Water", "Color": [0, 0, 255]},
        {"Value": 1, "Name": "Wald & Wiese", "Color": [0, 255, 0]},
        {"Value": 2, "Name": "裸地", "Color": [255, 0, 0]},
    ],
    "ModelName": "Demo",
    "Version": "2019.02",
    "Surveyor": {"Nested": [1, 2.5, None, True]},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The demo's model with an .emd and an .ecd beside it."""
    unpack(tmp_path)
    write_emd(tmp_path)
    convert(tmp_path / MODEL, tmp_path / CLASS_INFO, tmp_path / "a.ecd")
    return tmp_path


def write_emd(folder: Path, **changes: Any) -> Path:
    whole = {**EMD, **changes}
    path = folder / "a.emd"
    path.write_text(
        json.dumps({key: value for key, value in whole.items() if value != "gone"}),
        encoding="utf-8",
    )
    return path


def rule_of(error: pytest.ExceptionInfo[Dl2EcdError]) -> str:
    return error.value.findings[0].rule


class TestFromAnEmd:
    def test_the_ecd_says_what_the_emd_said(self, folder: Path) -> None:
        convert_definition(folder / "a.emd", folder / "b.ecd")
        document = json.loads((folder / "b.ecd").read_text(encoding="utf-8"))
        for key, value in EMD.items():
            if key not in {"ModelFile", "Surveyor"}:
                assert document[key] == value, key
        assert document["ExtraInfo"] == EMD
        assert document["Definitions"][0]["NumberBands"] == 4
        assert verify_ecd(folder / "b.ecd")[1] == ()

    def test_a_model_in_a_folder_of_its_own_comes_to_lie_beside(
        self, folder: Path, tmp_path: Path
    ) -> None:
        (folder / "models").mkdir()
        (folder / MODEL).rename(folder / "models" / MODEL)
        convert_definition(write_emd(folder, ModelFile=f"models/{MODEL}"), folder / "b.ecd")
        (tmp_path / "out").mkdir()
        export(read_ecd(folder / "b.ecd"), "emd", tmp_path / "out" / "c.emd")
        back = json.loads((tmp_path / "out" / "c.emd").read_text(encoding="utf-8"))
        assert back == {**EMD, "ModelFile": MODEL}
        assert (tmp_path / "out" / MODEL).is_file()

    def test_and_back_keeps_every_key_and_its_order(self, folder: Path, tmp_path: Path) -> None:
        convert_definition(folder / "a.emd", folder / "b.ecd")
        (tmp_path / "out").mkdir()
        export(read_ecd(folder / "b.ecd"), "emd", tmp_path / "out" / "c.emd")
        back = json.loads((tmp_path / "out" / "c.emd").read_text(encoding="utf-8"))
        assert back == EMD
        assert list(back) == list(EMD)
        assert (tmp_path / "out" / MODEL).read_bytes() == (folder / MODEL).read_bytes()

    @settings(max_examples=30)
    @given(
        st.dictionaries(
            st.text(min_size=1, max_size=8).filter(lambda key: key.casefold() not in "version"),
            st.recursive(
                st.integers(-5, 5) | st.text(max_size=6) | st.none() | st.booleans(),
                lambda inner: st.lists(inner, max_size=3),
                max_leaves=4,
            ),
            max_size=3,
        )
    )
    def test_unknown_keys_survive_the_way_there_and_back(
        self, folder: Path, extra: Dict[str, Any]
    ) -> None:
        emd = write_emd(folder, **{f"My {key}": value for key, value in extra.items()})
        convert_definition(emd, folder / "b.ecd")
        export(read_ecd(folder / "b.ecd"), "emd", folder / "c.emd", overwrite=True)
        assert json.loads((folder / "c.emd").read_text(encoding="utf-8")) == json.loads(
            emd.read_text(encoding="utf-8")
        )

    def test_the_number_of_bands_may_come_from_the_model(self, folder: Path) -> None:
        convert_definition(write_emd(folder, ExtractBands="gone"), folder / "b.ecd")
        assert json.loads((folder / "b.ecd").read_text(encoding="utf-8"))["ExtractBands"] == [
            0,
            1,
            2,
            3,
        ]

    def test_what_the_model_contradicts_is_refused_with_its_place(self, folder: Path) -> None:
        emd = write_emd(folder, Classes=EMD["Classes"][:2])
        with pytest.raises(ConversionRefused) as error:
            convert_definition(emd, folder / "b.ecd")
        (item,) = error.value.findings
        assert item.rule == "class-count-mismatch"
        assert item.where.file == str(emd)
        assert not (folder / "b.ecd").exists()

    @pytest.mark.parametrize("path", ["../a.model", "/etc/passwd", "C:\\a.model", "", 5])
    def test_a_model_elsewhere_is_refused(self, folder: Path, path: Any) -> None:
        with pytest.raises(ConversionRefused) as error:
            convert_definition(write_emd(folder, ModelFile=path), folder / "b.ecd")
        assert rule_of(error) == "definition-no-model"

    def test_a_model_that_is_not_there_is_said(self, folder: Path) -> None:
        with pytest.raises(ConversionRefused) as error:
            convert_definition(write_emd(folder, ModelFile="none.model"), folder / "b.ecd")
        assert "file-not-found" in {item.rule for item in error.value.findings}

    def test_class_information_is_no_definition(self, folder: Path) -> None:
        with pytest.raises(ConversionRefused) as error:
            convert_definition(folder / CLASS_INFO, folder / "b.ecd")
        assert rule_of(error) == "definition-not-found"

    def test_broken_json_is_said_with_its_place(self, folder: Path) -> None:
        (folder / "a.emd").write_text('{"Framework": "CNTK",}', encoding="utf-8")
        with pytest.raises(ConversionRefused) as error:
            convert_definition(folder / "a.emd", folder / "b.ecd")
        assert rule_of(error) == "json-trailing-comma"
        assert error.value.findings[0].where.column is not None

    def test_a_missing_definition_is_said(self, folder: Path) -> None:
        with pytest.raises(ConversionRefused) as error:
            convert_definition(folder / "none.emd", folder / "b.ecd")
        assert rule_of(error) == "file-not-found"


def embedded(content: Ecd) -> Ecd:
    """The same with its files put into an .ecd, from where an export must place them."""
    held = []
    folder = Path(content.name).parent
    for number, item in enumerate(content.files):
        text = base64.b64encode(item.source.read_bytes())
        holder = folder / f"held{number}"
        holder.write_bytes(text)
        held.append(replace(item, source=Embedded(holder, 0, len(text))))
    return replace(content, files=tuple(held))


def target(folder: Path, format_name: str) -> Path:
    return folder / "out" / ("c.emd" if format_name == "emd" else "c.json")


class TestEmdFromClassInformation:
    def test_has_what_is_known_and_the_model_beside_it(self, folder: Path, tmp_path: Path) -> None:
        (tmp_path / "out").mkdir()
        assert export(read_ecd(folder / "a.ecd"), "emd", tmp_path / "out" / "c.emd") == ()
        reader = EsriReader(tmp_path / "out" / "c.emd")
        assert reader.module == "CNTK.AzurePixelLevelLandClassification"
        assert reader.model_path == tmp_path / "out" / MODEL
        assert reader.model_path.read_bytes() == (folder / MODEL).read_bytes()
        assert reader.attribute_table[0] == {
            "OID": 1, "Value": 0, "Class": "Water", "Red": 0, "Green": 114, "Blue": 178,
        }  # fmt: skip

    def test_straight_from_the_model_is_the_same(self, folder: Path, tmp_path: Path) -> None:
        examination = examine(folder / MODEL, folder / CLASS_INFO)
        assert examination.model is not None
        fresh = fresh_ecd(examination.model, examination.info)
        for name, content in (("one", fresh), ("two", read_ecd(folder / "a.ecd"))):
            (tmp_path / name).mkdir()
            export(content, "emd", tmp_path / name / "c.emd")
        one, two = (tmp_path / name / "c.emd" for name in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()

    def test_another_file_in_the_models_place_is_left_alone(
        self, folder: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / MODEL).write_text("mine", encoding="utf-8")
        with pytest.raises(ConversionRefused) as error:
            export(read_ecd(folder / "a.ecd"), "emd", tmp_path / "out" / "c.emd")
        assert rule_of(error) == "output-exists"
        assert (tmp_path / "out" / MODEL).read_text(encoding="utf-8") == "mine"
        assert not (tmp_path / "out" / "c.emd").exists()

    def test_a_file_where_a_folder_must_be_is_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "variables").write_text("mine", encoding="utf-8")
        content = ecd(tmp_path / "model", files=("saved_model.pb", "variables/variables.index"))
        with pytest.raises(Dl2EcdError) as error:
            export(content, "emd", tmp_path / "out" / "c.emd")
        assert rule_of(error) == "output-not-writable"
        assert (tmp_path / "out" / "variables").read_text(encoding="utf-8") == "mine"
        assert not (tmp_path / "out" / "c.emd").exists()

    @posix
    @pytest.mark.parametrize("format_name", ["emd", "stac"])
    def test_nothing_is_written_through_a_linked_folder(
        self, tmp_path: Path, format_name: str
    ) -> None:
        content = embedded(ecd(tmp_path / "model", files=("a.pb", "variables/variables.index")))
        for name in ("out", "elsewhere"):
            (tmp_path / name).mkdir()
        (tmp_path / "out" / "variables").symlink_to(tmp_path / "elsewhere")
        for overwrite in (False, True):
            with pytest.raises(Dl2EcdError) as error:
                export(content, format_name, target(tmp_path, format_name), overwrite=overwrite)
            assert rule_of(error) == "ecd-path-outside"
        assert os.listdir(tmp_path / "out") == ["variables"]
        assert os.listdir(tmp_path / "elsewhere") == []

    @pytest.mark.parametrize("format_name", ["emd", "stac"])
    def test_what_fails_midway_leaves_no_half(self, tmp_path: Path, format_name: str) -> None:
        content = embedded(ecd(tmp_path / "model", files=("a.pb", "b/c.index")))
        (tmp_path / "model" / "held1").write_bytes(base64.b64encode(MODEL_BYTES[::-1]))
        (tmp_path / "out").mkdir()
        with pytest.raises(Dl2EcdError) as error:
            export(content, format_name, target(tmp_path, format_name))
        assert rule_of(error) == "ecd-digest-differs"
        assert os.listdir(tmp_path / "out") == []

    @pytest.mark.parametrize("format_name", ["emd", "stac"])
    def test_a_model_named_like_the_export_is_refused(
        self, tmp_path: Path, format_name: str
    ) -> None:
        (tmp_path / "out").mkdir()
        name = target(tmp_path, format_name).name.upper()
        with pytest.raises(Dl2EcdError) as error:
            export(
                embedded(ecd(tmp_path / "model", files=(name,))),
                format_name,
                target(tmp_path, format_name),
            )
        assert rule_of(error) == "output-named-twice"
        assert os.listdir(tmp_path / "out") == []

    def test_another_file_is_replaced_when_told(self, tmp_path: Path) -> None:
        content = ecd(tmp_path / "model")
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "landcover.onnx").write_text("older", encoding="utf-8")
        export(content, "emd", tmp_path / "out" / "c.emd", overwrite=True)
        assert (tmp_path / "out" / "landcover.onnx").read_bytes() == MODEL_BYTES

    @pytest.mark.parametrize("stated", [True, False])
    def test_a_copy_that_is_there_already_is_kept(self, tmp_path: Path, stated: bool) -> None:
        content = ecd(tmp_path / "model")
        if not stated:
            content = replace(content, files=(replace(content.files[0], sha256=None),))
        (tmp_path / "out").mkdir()
        copy = tmp_path / "out" / "landcover.onnx"
        copy.write_bytes(MODEL_BYTES)
        os.utime(copy, (1, 1))
        export(content, "emd", tmp_path / "out" / "c.emd")
        assert copy.stat().st_mtime == 1

    def test_the_model_itself_is_not_read_to_know_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def read(*_: object) -> None:
            raise RuntimeError("read")

        content = ecd(tmp_path)
        monkeypatch.setattr(placing, "sha256_of", read)
        export(content, "emd", tmp_path / "c.emd")
        (tmp_path / "other").mkdir()
        (tmp_path / "other" / "landcover.onnx").write_bytes(MODEL_BYTES + b"and more")
        with pytest.raises(Dl2EcdError, match="is another file"):
            export(content, "emd", tmp_path / "other" / "c.emd")

    def test_a_copy_will_do_where_the_model_itself_is_gone(self, tmp_path: Path) -> None:
        content = ecd(tmp_path / "model")
        (tmp_path / "model" / "landcover.onnx").rename(tmp_path / "landcover.onnx")
        export(content, "emd", tmp_path / "c.emd")
        assert (
            json.loads((tmp_path / "c.emd").read_text(encoding="utf-8"))["ModelFile"]
            == "landcover.onnx"
        )

    def test_a_file_that_can_not_be_read_is_left_alone(
        self, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def locked(path: object) -> None:
            raise PermissionError(13, "Permission denied")

        content = read_ecd(folder / "a.ecd")
        monkeypatch.setattr(placing, "sha256_of", locked)
        with pytest.raises(ConversionRefused) as error:
            export(content, "emd", folder / "c.emd")
        assert rule_of(error) == "output-exists"
        assert "can't be read (Permission denied)" in str(error.value)

    def test_what_must_be_added_is_said(self, folder: Path, tmp_path: Path) -> None:
        ecd = read_ecd(folder / "a.ecd")
        for key in ("ModelConfiguration", "ImageHeight"):
            del ecd.document[key]  # type: ignore[attr-defined]
        found = export(ecd, "emd", folder / "c.emd")
        assert [item.rule for item in found] == ["export-incomplete", "export-incomplete"]
        assert "InferenceFunction" in found[0].hint
        assert "ImageHeight" in found[1].message

    def test_a_classic_definition_has_no_model(self, tmp_path: Path) -> None:
        classic = {"EsriClassifierDefinitionFile": 0, "Definitions": [{"Classes": []}]}
        (tmp_path / "a.ecd").write_text(json.dumps(classic), encoding="utf-8")
        for name in ("emd", "dlpk"):
            with pytest.raises(Dl2EcdError) as error:
                export(read_ecd(tmp_path / "a.ecd"), name, tmp_path / f"b.{name}")
            assert rule_of(error) == "export-not-possible"


class TestPackages:
    def test_hold_one_definition_and_the_model(self, folder: Path, tmp_path: Path) -> None:
        export(read_ecd(folder / "a.ecd"), "dlpk", folder / "a.dlpk")
        reader = read_package(folder / "a.dlpk", tmp_path / "unpacked")
        assert reader.path.name == "a.emd"
        assert reader.model_path.read_bytes() == (folder / MODEL).read_bytes()

    def test_are_the_same_every_time(self, folder: Path) -> None:
        for name in ("one", "two"):
            (folder / name).mkdir()
            export(read_ecd(folder / "a.ecd"), "dlpk", folder / name / "a.dlpk")
        assert (folder / "one" / "a.dlpk").read_bytes() == (folder / "two" / "a.dlpk").read_bytes()

    def test_take_the_inference_function_along(self, folder: Path, tmp_path: Path) -> None:
        (folder / "mine.py").write_text("raise SystemExit('executed')", encoding="utf-8")
        emd = write_emd(folder, InferenceFunction=".\\mine.py")
        convert_definition(emd, folder / "b.ecd")
        assert export(read_ecd(folder / "b.ecd"), "dlpk", folder / "b.dlpk") == ()
        with zipfile.ZipFile(folder / "b.dlpk") as package:
            assert package.read("mine.py") == b"raise SystemExit('executed')"

    def test_leave_out_functions_of_absurd_size(self, folder: Path) -> None:
        with (folder / "mine.py").open("wb") as handle:
            handle.truncate((4 << 20) + 1)
        convert_definition(write_emd(folder, InferenceFunction="mine.py"), folder / "b.ecd")
        found = export(read_ecd(folder / "b.ecd"), "dlpk", folder / "b.dlpk")
        assert [item.rule for item in found] == ["export-incomplete"]
        assert "more than 4 MiB" in found[0].message

    def test_leave_out_functions_that_can_not_be_read(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def locked(path: object, *, buffering: int) -> None:
            raise PermissionError(13, "Permission denied")

        (folder / "mine.py").write_text("pass", encoding="utf-8")
        convert_definition(write_emd(folder, InferenceFunction="mine.py"), folder / "b.ecd")
        monkeypatch.setattr(dlpk, "open_plain", locked)
        found = export(read_ecd(folder / "b.ecd"), "dlpk", folder / "b.dlpk")
        assert [item.rule for item in found] == ["export-incomplete"]
        assert "'mine.py' is not in the package: it can't be read" in found[0].message

    @pytest.mark.parametrize("path", ["gone.py", "../mine.py", "/etc/hosts", "a.emd"])
    def test_leave_out_functions_that_are_not_beside(self, folder: Path, path: str) -> None:
        convert_definition(write_emd(folder, InferenceFunction=path), folder / "b.ecd")
        found = export(read_ecd(folder / "b.ecd"), "dlpk", folder / "b.dlpk")
        assert [item.rule for item in found] == ["export-incomplete"]
        with zipfile.ZipFile(folder / "b.dlpk") as package:
            assert sorted(package.namelist()) == ["b.emd", MODEL]

    def test_become_an_ecd_again(self, folder: Path) -> None:
        convert_definition(folder / "a.emd", folder / "b.ecd")
        export(read_ecd(folder / "b.ecd"), "dlpk", folder / "b.dlpk")
        convert_definition(folder / "b.dlpk", folder / "c.ecd")
        assert (folder / "c.ecd").read_bytes() == (folder / "b.ecd").read_bytes()

    def test_compressed_ones_are_read(self, folder: Path) -> None:
        with zipfile.ZipFile(folder / "b.dlpk", "w", zipfile.ZIP_DEFLATED) as package:
            package.write(folder / "a.emd", "deep/er/a.emd")
            package.write(folder / MODEL, f"deep/er/{MODEL}")
        convert_definition(folder / "b.dlpk", folder / "c.ecd")
        assert json.loads((folder / "c.ecd").read_text(encoding="utf-8"))["ModelFile"] == MODEL

    @pytest.mark.parametrize("names", [[], ["a.emd", "b.EMD"]])
    def test_without_exactly_one_definition_are_refused(
        self, folder: Path, names: list[str]
    ) -> None:
        with zipfile.ZipFile(folder / "b.dlpk", "w") as package:
            package.write(folder / MODEL, MODEL)
            for name in names:
                package.write(folder / "a.emd", name)
        with pytest.raises(ConversionRefused) as error:
            convert_definition(folder / "b.dlpk", folder / "c.ecd")
        assert rule_of(error) == "definition-not-single"

    def test_that_reach_outside_are_refused(self, folder: Path) -> None:
        with zipfile.ZipFile(folder / "b.dlpk", "w") as package:
            package.write(folder / "a.emd", "a.emd")
            package.writestr("../outside.txt", "text")
        with pytest.raises(ConversionRefused) as error:
            convert_definition(folder / "b.dlpk", folder / "c.ecd")
        assert rule_of(error) == "archive-refused"
        assert not (folder.parent / "outside.txt").exists()

    def test_can_not_be_referenced(self, folder: Path) -> None:
        export(read_ecd(folder / "a.ecd"), "dlpk", folder / "a.dlpk")
        with pytest.raises(ConversionRefused) as error:
            convert_definition(folder / "a.dlpk", folder / "c.ecd", storage="referenced")
        assert rule_of(error) == "definition-not-referenced"


def test_an_unknown_format_is_a_key_error(folder: Path) -> None:
    with pytest.raises(KeyError):
        export(read_ecd(folder / "a.ecd"), "docx", folder / "a.docx")
