"""Packages and definitions as they come: what is read, and in plain words why not."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any, List

import pytest

from dl2ecd_core.definition import convert_definition
from dl2ecd_core.demo import CLASS_INFO, MODEL, unpack
from dl2ecd_core.findings import Finding
from dl2ecd_core.findings.errors import ConversionRefused
from dl2ecd_core.packages import is_added

CASES = Path(__file__).parent / "fixtures" / "definitions"


def refusal(path: Path, out: Path) -> Finding:
    with pytest.raises(ConversionRefused) as error:
        convert_definition(path, out / "out.ecd")
    assert not (out / "out.ecd").exists()
    return error.value.findings[0]


def said(findings: Any) -> str:
    return "\n".join(f"{item.rule}: {item.message} {item.hint}" for item in findings)


class TestReportedOnes:
    def test_what_macos_adds_is_not_counted(self, tmp_path: Path) -> None:
        done = convert_definition(CASES / "macos.dlpk", tmp_path / "out.ecd")
        assert [item.name for item in done.examination.info.classes] == ["Water", "Forest", "Bare"]
        assert "left-out" not in said(done.findings)

    def test_esris_own_module_is_no_mistake(self, tmp_path: Path) -> None:
        done = convert_definition(CASES / "unet.emd", tmp_path / "out.ecd")
        assert {item.rule for item in done.findings}.isdisjoint(
            {"framework-unlisted", "class-info-misspelt-key"}
        )
        assert "Classifier " not in said(done.findings)

    def test_a_list_of_models(self, tmp_path: Path) -> None:
        item = refusal(CASES / "many.emd", tmp_path)
        assert item.message == (
            "ModelFile is a list of 2 files ('a.pth' and 'b.pth'), but a definition has one model."
        )
        assert (item.where.line, item.where.path) == (4, "$.ModelFile")

    def test_a_path_of_another_machine_whose_file_lies_beside(self, tmp_path: Path) -> None:
        item = refusal(CASES / "abs.emd", tmp_path)
        assert item.rule == "definition-no-model"
        assert "'Damage.pth' lies beside the .emd" in item.message
        assert item.hint == 'Write "ModelFile": "Damage.pth".'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The demo's model beside a definition of it."""
    unpack(tmp_path)
    (tmp_path / "a.emd").write_text(json.dumps(definition(tmp_path)))
    return tmp_path


def definition(folder: Path, **changes: Any) -> Any:
    info = json.loads((folder / CLASS_INFO).read_text())
    document = {
        "Framework": "CNTK", "ModelFile": MODEL, "ExtractBands": [0, 1, 2, 3],
        "Classes": info["Classes"],
    }  # fmt: skip
    document.update(changes)
    return {key: value for key, value in document.items() if value is not ...}


class TestModelFile:
    @pytest.mark.parametrize(
        ("model_file", "message", "hint"),
        [
            (..., "ModelFile is missing", f"There lie '{CLASS_INFO}' and '{MODEL}'"),
            (None, "ModelFile names no file", MODEL),
            ("  ", "ModelFile names no file", MODEL),
            (5, "ModelFile names no file", MODEL),
            ({"a": 1}, "ModelFile names no file", MODEL),
            ([], "ModelFile names no file", MODEL),
            (["x", 7], "ModelFile is a list of 2 files ('x' and '7')", "the one model"),
            ("none.model", "There is no file 'none.model', which ModelFile names.", MODEL),
            (MODEL.upper(), "differs in upper and lower case", f'"ModelFile": "{MODEL}"'),
            (f"models/{MODEL}", f"but '{MODEL}' lies beside the .emd", f'"{MODEL}"'),
            (f"/data/{MODEL}", f"one machine only, but '{MODEL}' lies beside", f'"{MODEL}"'),
            (f"\\\\server\\x\\{MODEL}", "is a path on one machine only", f'"{MODEL}"'),
            (f"../{MODEL}", f"leads out of the definition's own folder, but '{MODEL}'", MODEL),
            ("D:\\x\\y.pth", "no file of that name lies beside the .emd", "Put the model beside"),
            ("https://a.b/c.pth", "is an address", "Download the model"),
        ],
    )
    def test_in_plain_words(self, folder: Path, model_file: Any, message: str, hint: str) -> None:
        if model_file == MODEL.upper() and (folder / model_file).exists():
            pytest.skip("upper and lower case are one on this disk")
        (folder / "a.emd").write_text(json.dumps(definition(folder, ModelFile=model_file)))
        item = refusal(folder / "a.emd", folder)
        assert message in item.message
        assert hint in item.hint
        assert "[" not in item.message
        assert item.rule in ("definition-no-model", "file-not-found")

    def test_a_folder_that_can_not_be_listed_has_no_files(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (folder / "a.emd").write_text(json.dumps(definition(folder, ModelFile="none")))

        def closed(self: Path) -> Any:
            raise PermissionError

        monkeypatch.setattr(Path, "iterdir", closed)
        assert refusal(folder / "a.emd", folder).hint == (
            "Write the name of the model's file as ModelFile; it lies beside the .emd."
        )


class TestKeys:
    def test_a_framework_that_nobody_replaced_is_called_what_the_document_calls_it(
        self, folder: Path
    ) -> None:
        (folder / "a.emd").write_text(json.dumps(definition(folder, Framework="e.g. CNTK")))
        item = refusal(folder / "a.emd", folder)
        assert item.message.startswith("Framework still holds the placeholder 'e.g. CNTK'")
        assert item.where.path == "$.Framework"

    def test_another_framework_too(self, folder: Path) -> None:
        (folder / "a.emd").write_text(json.dumps(definition(folder, Framework="PyTorch")))
        item = refusal(folder / "a.emd", folder)
        assert item.message.startswith("Framework says 'PyTorch', but the model is made for CNTK")
        assert item.where.path == "$.Framework"


class TestPackages:
    def package(self, folder: Path, names: List[str], inside: str = "") -> Path:
        with zipfile.ZipFile(folder / "a.dlpk", "w") as archive:
            archive.write(folder / "a.emd", f"{inside}a.emd")
            archive.write(folder / MODEL, f"{inside}{MODEL}")
            for name in names:
                archive.writestr(name, b"more")
        return folder / "a.dlpk"

    @pytest.mark.parametrize("inside", ["", "land cover/"])
    def test_what_is_left_out_is_said_by_name(self, folder: Path, inside: str) -> None:
        path = self.package(folder, ["Reader.py", "model_metrics.html", "x/graph.png"], inside)
        done = convert_definition(path, folder / "b.ecd")
        told = {item.rule: item.message for item in done.findings}
        assert "Python of its own" in told["package-reader-left-out"]
        assert told["package-reader-left-out"].endswith("'Reader.py'.")
        assert told["package-file-left-out"].endswith("'model_metrics.html' and 'x/graph.png'.")

    def test_a_package_of_its_model_alone_leaves_nothing_out(self, folder: Path) -> None:
        names = ["__MACOSX/._a.emd", "._b.emd", "x/.DS_Store", "Thumbs.db"]
        done = convert_definition(self.package(folder, names), folder / "b.ecd")
        assert "left-out" not in said(done.findings)

    def test_several_definitions_are_named(self, folder: Path) -> None:
        item = refusal(self.package(folder, ["b/c.emd"]), folder)
        assert item.message.endswith(
            "holds 2 model definitions (.emd): 'a.emd' and 'b/c.emd'; readers take packages with "
            "exactly one."
        )

    def test_none_is_said(self, folder: Path) -> None:
        with zipfile.ZipFile(folder / "b.dlpk", "w") as archive:
            archive.writestr("a.txt", "a")
        assert "holds 0 model definitions (.emd);" in refusal(folder / "b.dlpk", folder).message

    def test_backslashes_of_compress_archive_are_said_to_be_that(self, folder: Path) -> None:
        path = self.package(folder, [])
        path.write_bytes(path.read_bytes().replace(MODEL.encode(), b"a\\" + MODEL.encode()[2:]))
        item = refusal(path, folder)
        assert item.rule == "archive-refused"
        assert "Windows PowerShell's old Compress-Archive wrote such archives" in item.message

    def test_nothing_names_the_folder_that_is_gone_in_a_moment(self, folder: Path) -> None:
        (folder / MODEL).write_bytes(b"no model")
        with pytest.raises(ConversionRefused) as error:
            convert_definition(self.package(folder, []), folder / "b.ecd")
        for item in error.value.findings:
            assert ".dl2ecd-" not in f"{item.message} {item.hint} {item.where.file}"
        assert f"{folder / 'a.dlpk'}/{MODEL}" in {item.where.file for item in error.value.findings}


def test_added_files_are_known() -> None:
    assert is_added("__macosx/x") and not is_added("a/x._y")
