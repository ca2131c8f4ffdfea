"""What a person sees while the dialog is filled in."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any, Callable, List

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dl2ecd_core.class_info
import dl2ecd_core.headless as arcpy
import dl2ecd_core.models
from dl2ecd_core.demo import CLASS_INFO, MODEL, unpack
from dl2ecd_core.findings.rules import finding
from dl2ecd_core.headless._dialog import Dialog
from dl2ecd_core.pane import dialog as pane_dialog
from dl2ecd_core.pane import update_messages, update_parameters
from dl2ecd_core.pane.preview import Examined, Examiner, Known
from dl2ecd_core.pane.speech import NOT_YET_CHECKED, NOT_YET_COMPARED

from ..toolboxes import REAL, TOOL, needs_no_arcgis, needs_what_pro_brings
from ..work import calls_of, reads

pytestmark = [needs_no_arcgis, needs_what_pro_brings]

MODEL_PARAMETER, INFO, OUTPUT = (
    "in_deep_learning_model",
    "in_classification_info_json",
    "out_classifier_definition",
)
ERROR, WARNING = 2, 1


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    unpack(tmp_path)
    return tmp_path


@pytest.fixture
def dialog(monkeypatch: pytest.MonkeyPatch) -> Dialog:
    # Slow machines are given time, except where waiting is what is tested.
    monkeypatch.setattr(pane_dialog, "examiner", Examiner(patience=10))
    return Dialog(REAL, TOOL)


def change(folder: Path, **changes: Any) -> Path:
    path = folder / CLASS_INFO
    path.write_text(
        json.dumps({**json.loads(path.read_text(encoding="utf-8")), **changes}), encoding="utf-8"
    )
    return path


class TestProposal:
    def test_lies_beside_the_model(self, dialog: Dialog, demo: Path) -> None:
        dialog.fill_in(in_deep_learning_model=demo / MODEL)
        assert dialog[OUTPUT].valueAsText == str((demo / MODEL).with_suffix(".ecd"))

    def test_follows_the_model(self, dialog: Dialog, demo: Path) -> None:
        other = demo / "other.model"
        other.write_bytes((demo / MODEL).read_bytes())
        dialog.fill_in(
            in_deep_learning_model=demo / MODEL, in_classification_info_json=demo / CLASS_INFO
        )
        dialog.fill_in(in_deep_learning_model=other)
        assert dialog[OUTPUT].valueAsText == str(demo / "other.ecd")

    def test_leaves_a_name_that_the_person_gave(self, dialog: Dialog, demo: Path) -> None:
        dialog.fill_in(out_classifier_definition=demo / "mine.ecd")
        dialog.fill_in(in_deep_learning_model=demo / MODEL)
        assert dialog[OUTPUT].valueAsText == str(demo / "mine.ecd")

    def test_leaves_a_name_from_before_that_the_person_gave_again(
        self, dialog: Dialog, demo: Path
    ) -> None:
        other = demo / "other.model"
        other.write_bytes((demo / MODEL).read_bytes())
        dialog.fill_in(in_deep_learning_model=demo / MODEL)
        first = dialog[OUTPUT].valueAsText
        dialog.fill_in(in_deep_learning_model=other, out_classifier_definition=first)
        assert dialog[OUTPUT].valueAsText == first

    def test_comes_back_when_the_name_is_taken_out(self, dialog: Dialog, demo: Path) -> None:
        dialog.fill_in(
            in_deep_learning_model=demo / MODEL, out_classifier_definition=demo / "a.ecd"
        )
        dialog.fill_in(out_classifier_definition="")
        assert dialog[OUTPUT].valueAsText == str((demo / MODEL).with_suffix(".ecd"))

    def test_saved_model_stands_for_its_folder(self, dialog: Dialog, tmp_path: Path) -> None:
        model = tmp_path / "landcover" / "saved_model.pb"
        model.parent.mkdir()
        model.write_bytes(b"")
        dialog.fill_in(in_deep_learning_model=model)
        assert dialog[OUTPUT].valueAsText == str(tmp_path / "landcover.ecd")

    def test_a_script_that_gives_no_output_gets_none(self, demo: Path) -> None:
        arcpy.ImportToolbox(REAL)
        with pytest.raises(arcpy.ExecuteError, match="000735: Output Classifier Definition File"):
            arcpy.deeplearningtools.DeepLearningModelToEcd(
                str(demo / MODEL), str(demo / CLASS_INFO)
            )

    def test_a_scripts_output_is_never_taken_for_a_proposal(
        self, dialog: Dialog, demo: Path
    ) -> None:
        dialog.fill_in(in_deep_learning_model=demo / MODEL)
        proposed = dialog[OUTPUT].valueAsText
        other = demo / "other.model"
        other.write_bytes((demo / MODEL).read_bytes())
        arcpy.ImportToolbox(REAL)
        result = arcpy.deeplearningtools.DeepLearningModelToEcd(
            str(other), str(demo / CLASS_INFO), proposed
        )
        assert str(result) == proposed


class TestMessages:
    def test_good_files_have_none(self, dialog: Dialog, demo: Path) -> None:
        dialog.fill_in(
            in_deep_learning_model=demo / MODEL, in_classification_info_json=demo / CLASS_INFO
        )
        assert {name for name, (severity, _) in dialog.messages().items() if severity == ERROR} == (
            set()
        )

    def test_problems_in_the_document_show_all_at_once(self, dialog: Dialog, demo: Path) -> None:
        (demo / CLASS_INFO).write_text(
            '{"Version": 1, "Classes": [{"Value": "5",}]}', encoding="utf-8"
        )
        dialog.fill_in(in_classification_info_json=demo / CLASS_INFO)
        severity, text = dialog.messages()[INFO]
        assert severity == ERROR
        assert "[json-trailing-comma]" in text
        assert "[class-info-wrong-type]" in text
        assert "[class-info-key-missing]" in text
        assert f"({CLASS_INFO}, line 1, column " in text

    def test_a_mismatch_shows_beside_the_document(self, dialog: Dialog, demo: Path) -> None:
        change(demo, NumberRasterBands=7)
        dialog.fill_in(
            in_deep_learning_model=demo / MODEL, in_classification_info_json=demo / CLASS_INFO
        )
        severity, text = dialog.messages()[INFO]
        assert severity == ERROR
        assert "[band-count-mismatch]" in text

    def test_mending_the_file_takes_the_message_away(self, dialog: Dialog, demo: Path) -> None:
        change(demo, NumberRasterBands=7)
        dialog.fill_in(
            in_deep_learning_model=demo / MODEL, in_classification_info_json=demo / CLASS_INFO
        )
        change(demo, NumberRasterBands=4)
        dialog.validate_again()
        assert dialog.messages().get(INFO, (0, ""))[0] != ERROR

    def test_warnings_are_warnings(self, dialog: Dialog, demo: Path) -> None:
        document = json.loads((demo / CLASS_INFO).read_text(encoding="utf-8"))
        document["Classes"][0]["Name"] += " "
        change(demo, Classes=document["Classes"])
        dialog.fill_in(in_classification_info_json=demo / CLASS_INFO)
        severity, text = dialog.messages()[INFO]
        assert severity == WARNING
        assert "[class-name-blanks]" in text

    def test_a_file_that_is_no_model_shows_beside_the_model(
        self, dialog: Dialog, demo: Path
    ) -> None:
        (demo / "x.model").write_text(
            "version https://git-lfs.github.com/spec/v1\noid sha256:0\n", encoding="utf-8"
        )
        dialog.fill_in(in_deep_learning_model=demo / "x.model")
        severity, text = dialog.messages()[MODEL_PARAMETER]
        assert severity == ERROR
        assert text.startswith("[model-is-lfs-pointer]")

    def test_messages_of_arcgis_itself_stay(self, dialog: Dialog, demo: Path) -> None:
        dialog.fill_in(in_deep_learning_model=demo / "no.model")
        assert dialog.messages()[MODEL_PARAMETER][1].startswith("ERROR 000732: Input Deep Learning")
        dialog.fill_in(in_deep_learning_model=demo)
        assert dialog.messages()[MODEL_PARAMETER] == (
            ERROR,
            "ERROR 000840: The value is not a File.",
        )

    @pytest.mark.parametrize(
        ("name", "content", "rule"),
        [
            (
                "a.emd",
                '{"Framework": "CNTK", "ModelType": "x", "ModelFile": "y"}',
                "document-is-emd",
            ),
            ("a.ecd", '{"EsriClassifierDefinitionFile": 0}', "document-is-ecd"),
        ],
    )
    def test_another_kind_of_file_given_by_mistake_is_named(
        self, dialog: Dialog, demo: Path, name: str, content: str, rule: str
    ) -> None:
        (demo / name).write_text(content, encoding="utf-8")
        dialog.fill_in(in_classification_info_json=demo / name)
        severity, text = dialog.messages()[INFO]
        assert severity == ERROR
        assert text.startswith(f"[{rule}]")
        assert text.split("\n")[-1] == "ERROR 000800: The value is not a member of json"

    def test_a_good_document_of_another_extension_stays_refused(
        self, dialog: Dialog, demo: Path
    ) -> None:
        other = (demo / CLASS_INFO).rename(demo / "classes.txt")
        dialog.fill_in(in_classification_info_json=other)
        assert dialog.messages()[INFO] == (ERROR, "ERROR 000800: The value is not a member of json")
        dialog.fill_in(in_classification_info_json=demo / "no.txt")
        assert dialog.messages()[INFO][1].startswith("ERROR 000732")

    def test_warnings_do_not_take_the_place_of_arcgis_own_error(
        self, dialog: Dialog, demo: Path
    ) -> None:
        document = json.loads((demo / CLASS_INFO).read_text(encoding="utf-8"))
        document["Classes"][0]["Name"] += " "
        other = change(demo, Classes=document["Classes"]).rename(demo / "classes.txt")
        dialog.fill_in(in_classification_info_json=other)
        assert dialog.messages()[INFO] == (ERROR, "ERROR 000800: The value is not a member of json")

    def test_what_is_only_information_is_left_to_the_run(
        self, dialog: Dialog, demo: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        told = Known[None](None, (finding("model-shape-unknown", "Not known."),))
        monkeypatch.setattr(pane_dialog.examiner, "examine", lambda *_: Examined(told, told, told))
        dialog.fill_in(
            in_deep_learning_model=demo / MODEL, in_classification_info_json=demo / CLASS_INFO
        )
        assert dialog.messages() == {}

    def test_the_outputs_extension(self, dialog: Dialog, demo: Path) -> None:
        dialog.fill_in(out_classifier_definition=demo / "map.emd")
        assert dialog.messages()[OUTPUT] == (
            ERROR,
            "The output's name must end in .ecd, for example 'map.ecd'.",
        )
        dialog.fill_in(out_classifier_definition=demo / "MAP.ECD")
        assert OUTPUT not in dialog.messages()

    def test_an_existing_output(self, dialog: Dialog, demo: Path) -> None:
        (demo / "a.ecd").write_text("older", encoding="utf-8")
        dialog.fill_in(out_classifier_definition=demo / "a.ecd")
        assert dialog.messages()[OUTPUT][1].startswith("ERROR 000725: Output Classifier Definition")
        arcpy.env.overwriteOutput = True
        dialog.validate_again()
        severity, text = dialog.messages()[OUTPUT]
        assert severity == WARNING
        assert text.startswith("WARNING 000725")


class TestTime:
    def test_what_is_needed_is_loaded_while_the_person_is_choosing(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        prepared: List[int] = []
        monkeypatch.setattr(pane_dialog.examiner, "prepare", lambda: prepared.append(1))
        Dialog(REAL, TOOL)
        assert prepared == [1]

    @pytest.fixture
    def held_up(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], threading.Event]:
        monkeypatch.setattr(pane_dialog, "examiner", Examiner(patience=1))
        # Loaded beforehand, so that only what is held up is late.
        Examiner(patience=10).examine("", str(REAL))

        def hold_up(what: str) -> threading.Event:
            go_on = threading.Event()
            place = {"inspect_model": dl2ecd_core.models}.get(what, dl2ecd_core.class_info)
            read = getattr(place, what)
            monkeypatch.setattr(place, what, lambda path: (go_on.wait(600), read(path))[1])
            return go_on

        return hold_up

    def test_a_model_that_takes_long_is_said_to_be_unchecked(
        self, held_up: Callable[[str], threading.Event], demo: Path
    ) -> None:
        go_on = held_up("inspect_model")
        dialog = Dialog(REAL, TOOL)
        dialog.fill_in(in_deep_learning_model=demo / MODEL)
        assert dialog.messages()[MODEL_PARAMETER] == (WARNING, NOT_YET_CHECKED)
        dialog.fill_in(in_classification_info_json=demo / CLASS_INFO)
        assert dialog.messages()[MODEL_PARAMETER] == (WARNING, NOT_YET_CHECKED)
        go_on.set()
        pane_dialog.examiner._patience = 10
        dialog.validate_again()
        assert MODEL_PARAMETER not in dialog.messages()

    def test_a_document_that_takes_long_is_said_to_be_unchecked(
        self, held_up: Callable[[str], threading.Event], demo: Path
    ) -> None:
        go_on = held_up("examine_class_info")
        dialog = Dialog(REAL, TOOL)
        dialog.fill_in(in_classification_info_json=demo / CLASS_INFO)
        assert dialog.messages()[INFO] == (WARNING, NOT_YET_CHECKED)
        go_on.set()

    def test_a_comparison_that_takes_long_is_said_to_be_outstanding(
        self, demo: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        examiner = Examiner(patience=10)
        monkeypatch.setattr(pane_dialog, "examiner", examiner)
        monkeypatch.setattr(examiner, "_compare", lambda *_: None)
        dialog = Dialog(REAL, TOOL)
        dialog.fill_in(
            in_deep_learning_model=demo / MODEL, in_classification_info_json=demo / CLASS_INFO
        )
        assert NOT_YET_COMPARED in dialog.messages()[INFO][1]

    def test_further_validation_costs_next_to_nothing(self, dialog: Dialog, demo: Path) -> None:
        dialog.fill_in(
            in_deep_learning_model=demo / MODEL, in_classification_info_json=demo / CLASS_INFO
        )
        with reads() as read:
            calls = calls_of(lambda: update_messages(dialog.parameters))
        assert read == []
        assert calls < 1000


class TestNothingIsRaised:
    def test_by_an_examination_that_breaks(
        self, dialog: Dialog, demo: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(path: str) -> None:
            raise KeyError("surprise")

        monkeypatch.setattr(dl2ecd_core.class_info, "examine_class_info", fail)
        dialog.fill_in(in_classification_info_json=demo / CLASS_INFO)
        severity, text = dialog.messages()[INFO]
        assert severity == WARNING
        assert text.startswith("Checking the class information failed unexpectedly (KeyError")
        assert "Traceback" not in text

    def test_by_the_dialog_itself(
        self, dialog: Dialog, demo: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: str) -> None:
            raise ValueError("surprise")

        monkeypatch.setattr(pane_dialog.examiner, "examine", fail)
        monkeypatch.setattr(pane_dialog, "proposed_output", fail)
        dialog.fill_in(in_deep_learning_model=demo / MODEL)
        assert dialog.messages()[MODEL_PARAMETER] == (
            WARNING,
            "Checking the parameters failed unexpectedly (ValueError: surprise). Please report "
            "this together with the files' kind and origin.",
        )

    def test_and_arcgis_own_error_stays_then(
        self, dialog: Dialog, demo: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: str) -> None:
            raise ValueError("surprise")

        monkeypatch.setattr(pane_dialog.examiner, "examine", fail)
        dialog.fill_in(in_deep_learning_model=demo / "no.model")
        severity, text = dialog.messages()[MODEL_PARAMETER]
        assert (severity, text[:13]) == (ERROR, "ERROR 000732:")

    @pytest.mark.parametrize("path", ["a\0b", "\udcff", "x" * 5000, "con:", "//", "?"])
    def test_by_odd_paths(self, dialog: Dialog, path: str) -> None:
        for name in (MODEL_PARAMETER, INFO, OUTPUT):
            dialog.fill_in(**{name: path})
        assert dialog[MODEL_PARAMETER].hasError()
        update_parameters(dialog.parameters)

    @settings(max_examples=40)
    @given(st.lists(st.text(max_size=60), min_size=3, max_size=3))
    def test_by_any_text(self, texts: List[str]) -> None:
        dialog = Dialog(REAL, TOOL)
        for name, text in zip((MODEL_PARAMETER, INFO, OUTPUT), texts):
            dialog.fill_in(**{name: text})
        assert "failed unexpectedly" not in str(dialog.messages())


def test_only_so_many_proposals_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pane_dialog._Proposals, "made", OrderedDict())
    for number in range(pane_dialog._Proposals.most + 5):
        pane_dialog._Proposals.remember(f"{number}.ecd")
    made = list(pane_dialog._Proposals.made)
    assert len(made) == pane_dialog._Proposals.most
    assert made[0] == "5.ecd"
