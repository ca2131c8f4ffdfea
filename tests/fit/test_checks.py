"""A model against its class information: what is an error, a warning, or unknown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List, Optional

import pytest

from dl2ecd_core.class_info import examine_class_info
from dl2ecd_core.findings import Finding, Severity
from dl2ecd_core.fit import check_fit
from dl2ecd_core.models import ClassNames
from tests.documents import (
    ESRI_EXAMPLE,
    Activation,
    ModelDescription,
    Role,
    Tensor,
    class_info,
    description,
    document,
    image,
    land_classes,
    probabilities,
)


def findings(folder: Path, model: ModelDescription, **changes: Any) -> List[Finding]:
    return list(check_fit(model, class_info(folder, **changes)))


def rules(folder: Path, model: ModelDescription, **changes: Any) -> List[str]:
    return [item.rule for item in findings(folder, model, **changes)]


def only(folder: Path, model: ModelDescription, **changes: Any) -> Finding:
    (item,) = findings(folder, model, **changes)
    return item


def test_a_model_that_fits_gives_no_findings(tmp_path: Path) -> None:
    assert rules(tmp_path, description()) == []


class TestFramework:
    @pytest.mark.parametrize("name", ["CNTK", "cntk", "Cntk", " cntk "])
    def test_case_does_not_matter(self, tmp_path: Path, name: str) -> None:
        assert "framework-mismatch" not in rules(tmp_path, description(), Classifier=name)

    def test_a_tensorflow_graph_is_no_cntk_model(self, tmp_path: Path) -> None:
        model = description(format="tensorflow-graphdef", framework="TensorFlow")
        item = findings(tmp_path, model)[0]
        assert (item.rule, item.severity) == ("framework-mismatch", Severity.ERROR)
        assert "'CNTK'" in item.message
        assert "TensorFlow" in item.message
        assert item.where.path == "$.Classifier"
        assert item.where.line == 1

    @pytest.mark.parametrize(
        ("framework", "classifier", "package"),
        [
            ("Keras", "TensorFlow", "keras"),
            ("TensorFlow Lite", "TensorFlow", "lite"),
            ("TensorFlow", "Keras", "tensorflow"),
        ],
    )
    def test_relatives_are_accepted_and_what_must_be_installed_is_said(
        self, tmp_path: Path, framework: str, classifier: str, package: str
    ) -> None:
        model = description(framework=framework, format="some")
        found = findings(tmp_path, model, Classifier=classifier)
        (item,) = (item for item in found if item.rule.startswith("framework"))
        assert (item.rule, item.severity) == ("framework-related", Severity.WARNING)
        assert package in item.message

    def test_an_onnx_file_goes_by_its_exporter_with_a_warning(self, tmp_path: Path) -> None:
        model = description(framework="ONNX", format="onnx", producer="pytorch 2.13.0")
        found = findings(tmp_path, model, Classifier="PyTorch")
        (item,) = (item for item in found if item.rule.startswith("framework"))
        assert item.rule == "framework-related"
        assert "onnxruntime" in item.message

    @pytest.mark.parametrize("classifier", ["ONNX", "onnx"])
    def test_an_onnx_file_by_its_own_name_is_right(self, tmp_path: Path, classifier: str) -> None:
        model = description(framework="ONNX", format="onnx", producer="pytorch 2.13.0")
        assert rules(tmp_path, model, Classifier=classifier) == ["no-model-configuration"]

    def test_an_onnx_file_of_another_exporter_is_refused(self, tmp_path: Path) -> None:
        model = description(framework="ONNX", format="onnx", producer="pytorch 2.13.0")
        assert "framework-mismatch" in rules(tmp_path, model, Classifier="TensorFlow")

    def test_an_onnx_file_of_an_unknown_exporter_is_taken_on_trust(self, tmp_path: Path) -> None:
        model = description(framework="ONNX", format="onnx", producer="my own script")
        found = rules(tmp_path, model, Classifier="TensorFlow")
        assert "framework-related" in found
        assert "framework-mismatch" not in found

    def test_a_name_that_the_table_does_not_know_is_a_warning(self, tmp_path: Path) -> None:
        item = findings(tmp_path, description(), Classifier="MyNet")[0]
        assert (item.rule, item.severity) == ("framework-unlisted", Severity.WARNING)


class TestBands:
    def test_another_number_names_both_and_the_tensor(self, tmp_path: Path) -> None:
        item = only(tmp_path, description(), NumberRasterBands=3)
        assert (item.rule, item.severity) == ("band-count-mismatch", Severity.ERROR)
        assert "'image' takes 4 channels" in item.message
        assert "3 bands" in item.message

    def test_channels_last(self, tmp_path: Path) -> None:
        model = description(inputs=(image("image", None, 256, 256, 4, axes="NHWC"),))
        assert "band-count-mismatch" not in rules(tmp_path, model)
        assert "band-count-mismatch" in rules(tmp_path, model, NumberRasterBands=256)

    def test_several_inputs_may_share_the_bands(self, tmp_path: Path) -> None:
        model = description(inputs=(image("ten", 4, 256, 256), image("twenty", 6, 256, 256)))
        assert "band-count-mismatch" not in rules(tmp_path, model, NumberRasterBands=10)
        assert "band-count-mismatch" not in rules(tmp_path, model, NumberRasterBands=6)
        assert "band-count-mismatch" in rules(tmp_path, model, NumberRasterBands=3)

    def test_inputs_without_pixels_do_not_count(self, tmp_path: Path) -> None:
        model = description(inputs=(image(), image("dims", 6)))
        assert "band-count-mismatch" in rules(tmp_path, model, NumberRasterBands=6)

    def test_what_the_model_does_not_tell_is_information(self, tmp_path: Path) -> None:
        model = description(inputs=(Tensor("image"),))
        item = next(item for item in findings(tmp_path, model) if item.rule == "band-count-unknown")
        assert item.severity is Severity.INFORMATION

    def test_extract_bands_choose_from_the_raster(self, tmp_path: Path) -> None:
        chosen = {"NumberRasterBands": 8, "ExtractBands": [7, 0, 1, 2]}
        assert rules(tmp_path, description(), **chosen) == []

    def test_extract_bands_of_another_number(self, tmp_path: Path) -> None:
        item = only(tmp_path, description(), ExtractBands=[0, 1, 2])
        assert (item.rule, item.severity) == ("extract-bands-mismatch", Severity.ERROR)

    def test_extract_bands_beyond_the_last(self, tmp_path: Path) -> None:
        item = only(tmp_path, description(), ExtractBands=[0, 1, 2, 4])
        assert item.rule == "extract-bands-mismatch"
        assert "count from 0" in item.message


class TestClasses:
    def test_a_mismatch_names_both_numbers_and_the_tensor(self, tmp_path: Path) -> None:
        item = only(tmp_path, description(outputs=(probabilities(5),)))
        assert (item.rule, item.severity) == ("class-count-mismatch", Severity.ERROR)
        assert "'probabilities' has 5 channels" in item.message
        assert "lists 2 classes" in item.message
        assert item.where.path == "$.Classes"
        assert item.where.tensor == "probabilities"

    def test_one_channel_more_and_no_value_0_is_background(self, tmp_path: Path) -> None:
        found = findings(
            tmp_path, description(outputs=(probabilities(3),)), Classes=land_classes(2, first=1)
        )
        assert [item.rule for item in found] == ["background-assumed"]
        assert found[0].severity is Severity.WARNING

    def test_one_channel_more_and_a_value_0_is_a_forgotten_class(self, tmp_path: Path) -> None:
        item = only(tmp_path, description(outputs=(probabilities(3),)))
        assert item.rule == "class-count-mismatch"
        assert "Value 0" in item.hint

    @pytest.mark.parametrize("activation", [Activation.SIGMOID, Activation.NONE])
    def test_one_channel_parts_two_classes(self, tmp_path: Path, activation: Any) -> None:
        model = description(outputs=(probabilities(1, activation=activation),))
        item = only(tmp_path, model)
        assert (item.rule, item.severity) == ("one-channel-threshold", Severity.INFORMATION)

    def test_one_channel_does_not_part_three(self, tmp_path: Path) -> None:
        model = description(outputs=(probabilities(1, activation=Activation.SIGMOID),))
        assert rules(tmp_path, model, Classes=land_classes(3)) == ["class-count-mismatch"]

    def test_one_channel_and_one_class_leave_the_rest_as_background(self, tmp_path: Path) -> None:
        model = description(outputs=(probabilities(1, activation=Activation.SIGMOID),))
        assert rules(tmp_path, model, Classes=land_classes(1, first=1)) == ["background-assumed"]

    def test_an_argmax_tells_the_number_it_was_taken_over(self, tmp_path: Path) -> None:
        classes = image("classes", 256, 256, axes="HW", activation=Activation.ARGMAX, class_count=2)
        model = description(outputs=(classes,), format="onnx", framework="CNTK")
        assert "class-count-mismatch" not in rules(tmp_path, model)
        found = findings(tmp_path, model, Classes=land_classes(4))
        assert "class-count-mismatch" in [item.rule for item in found]
        assert "tells 2 classes apart" in found[0].message

    def test_several_outputs_err_only_if_none_fits(self, tmp_path: Path) -> None:
        model = description(outputs=(probabilities(7), image("b", 3, 256, 256)))
        assert "class-count-mismatch" not in rules(tmp_path, model, Classes=land_classes(3))
        item = next(
            item
            for item in findings(tmp_path, model, Classes=land_classes(2))
            if item.rule == "class-count-mismatch"
        )
        assert "'b' 3" in item.message

    def test_of_several_that_tell_classes_the_one_taken_is_named(self, tmp_path: Path) -> None:
        model = description(outputs=(image("a", 2), image("b", 3)))
        found = findings(tmp_path, model, Classes=land_classes(3))
        (item,) = (item for item in found if item.rule == "class-output-chosen")
        assert item.severity is Severity.INFORMATION
        assert "those of 'b', not of 'a'" in item.message

    def test_a_vector_with_rows_and_columns_is_no_grid(self, tmp_path: Path) -> None:
        model = description(outputs=(image("shares", None, 1000, 1, 1),))
        assert "class-count-mismatch" in rules(tmp_path, model)

    def test_an_unknown_output_makes_it_unknown(self, tmp_path: Path) -> None:
        model = description(outputs=(probabilities(5), Tensor("other")))
        found = findings(tmp_path, model)
        assert "class-count-mismatch" not in [item.rule for item in found]
        (item,) = (item for item in found if item.rule == "class-count-unknown")
        assert item.severity is Severity.INFORMATION

    def test_a_grid_of_boxes_and_classes_makes_it_unknown(self, tmp_path: Path) -> None:
        model = description(outputs=(image("boxes", 255, 32, 32),))
        found = rules(tmp_path, model)
        assert "class-count-mismatch" not in found
        assert "class-count-unknown" in found
        coarse = description(outputs=(image("shares", 255, 64, 64),))
        assert "class-count-mismatch" in rules(tmp_path, coarse)

    def test_losses_are_no_class_outputs(self, tmp_path: Path) -> None:
        model = description(outputs=(probabilities(), image("loss", 5, role=Role.LOSS)))
        assert "class-count-mismatch" in rules(tmp_path, model, Classes=land_classes(5))


class TestClassNames:
    def names(self, *names: str) -> ModelDescription:
        return description(class_names=(ClassNames(names, "metadata property 'names'"),))

    def test_the_same_names_are_fine(self, tmp_path: Path) -> None:
        assert rules(tmp_path, self.names("class 0", "Class  1")) == []

    def test_another_order_shows_both_lists(self, tmp_path: Path) -> None:
        item = only(tmp_path, self.names("Class 1", "Class 0"))
        assert (item.rule, item.severity) == ("class-names-order", Severity.WARNING)
        assert "'Class 1' and 'Class 0'" in item.message
        assert "'Class 0' and 'Class 1'" in item.message

    def test_other_names(self, tmp_path: Path) -> None:
        item = only(tmp_path, self.names("cat", "dog"))
        assert (item.rule, item.severity) == ("class-names-differ", Severity.WARNING)


class TestValues:
    def test_values_that_raw_argmax_does_not_write(self, tmp_path: Path) -> None:
        found = findings(tmp_path, description(), Classes=ESRI_EXAMPLE["Classes"])
        (item,) = (item for item in found if item.rule == "class-values-not-indices")
        assert item.severity is Severity.WARNING
        assert "100, 200" in item.message

    def test_values_in_another_order(self, tmp_path: Path) -> None:
        classes = list(reversed(land_classes(2)))
        assert rules(tmp_path, description(), Classes=classes) == ["class-values-not-indices"]

    def test_values_after_background(self, tmp_path: Path) -> None:
        model = description(outputs=(probabilities(3),))
        assert rules(tmp_path, model, Classes=land_classes(2, first=1)) == ["background-assumed"]


class TestTiles:
    def test_a_fixed_batch(self, tmp_path: Path) -> None:
        model = description(inputs=(image("x", 1, 4, 256, 256),), format="onnx", framework="CNTK")
        found = findings(tmp_path, model)
        (item,) = (item for item in found if item.rule == "batch-size-mismatch")
        assert item.severity is Severity.ERROR
        assert "16" in item.message
        assert "batch-size-mismatch" not in rules(tmp_path, model, MiniBatchSize=1)
        assert "batch-size-mismatch" not in rules(tmp_path, model, MiniBatchSize=None)

    def test_a_batch_that_the_runtime_can_change_is_a_warning(self, tmp_path: Path) -> None:
        model = description(inputs=(image("x", 1, 4, 256, 256),), format="tflite")
        assert "batch-size-unusual" in rules(tmp_path, model)

    def test_a_given_tile_size_that_the_model_contradicts(self, tmp_path: Path) -> None:
        item = only(tmp_path, description(), ImageHeight=512, ImageWidth=256)
        assert (item.rule, item.severity) == ("tile-size-mismatch", Severity.ERROR)
        assert "512" in item.message
        assert "256" in item.message
        assert item.where.path == "$.ImageHeight"

    def test_a_free_tile_size_must_be_given(self, tmp_path: Path) -> None:
        model = description(inputs=(image("image", 4, None, None),))
        assert rules(tmp_path, model) == ["tile-size-unknown"]
        assert rules(tmp_path, model, ImageHeight=256, ImageWidth=256) == []

    def test_a_given_padding_that_the_walk_contradicts(self, tmp_path: Path) -> None:
        cropped = image("probabilities", 2, 128, 128)
        model = description(outputs=(cropped,), padding=64)
        assert rules(tmp_path, model, ModelPadding=64) == []
        item = only(tmp_path, model, ModelPadding=32)
        assert (item.rule, item.severity) == ("padding-mismatch", Severity.ERROR)
        assert "the model crops 64 pixels from each side" in item.message
        model = description(outputs=(cropped,), padding=1)
        assert "crops 1 pixel from each side" in only(tmp_path, model, ModelPadding=32).message

    def test_a_given_padding_that_the_sizes_contradict(self, tmp_path: Path) -> None:
        assert rules(tmp_path, description(), ModelPadding=64) == ["padding-mismatch"]
        assert rules(tmp_path, description(), ModelPadding=0) == []
        cropped = description(outputs=(image("p", 2, 128, 128),))
        assert rules(tmp_path, cropped, ModelPadding=64) == []


class TestUses:
    def test_a_vector_output_classifies_no_pixels(self, tmp_path: Path) -> None:
        model = description(outputs=(image("p", 2),))
        found = findings(tmp_path, model, ModelType="ImageClassification")
        assert found[0].rule == "model-type-mismatch"
        assert found[0].severity is Severity.ERROR

    def test_a_map_for_boxes_is_unlikely(self, tmp_path: Path) -> None:
        assert "model-type-unlikely" in rules(tmp_path, description(), ModelType="ObjectDetection")

    def test_what_training_left(self, tmp_path: Path) -> None:
        model = description(
            inputs=(image(), image("labels", 2, 256, 256, role=Role.LABEL)),
            outputs=(probabilities(), Tensor("loss", (), "", role=Role.LOSS)),
        )
        (item,) = (item for item in findings(tmp_path, model) if item.rule == "training-leftovers")
        assert item.severity is Severity.WARNING
        assert "'labels'" in item.message
        assert "'loss'" in item.message

    def test_without_a_known_reader(self, tmp_path: Path) -> None:
        model = description(format="onnx", framework="ONNX")
        assert "no-model-configuration" in rules(tmp_path, model, Classifier="ONNX")
        (tmp_path / "mine.py").touch()
        given = {"Classifier": "ONNX", "InferenceFunction": "mine.py"}
        assert rules(tmp_path, model, **given) == []

    @pytest.mark.parametrize("text", [None, '{"Classes": [', "[]"])
    def test_of_class_information_that_can_not_be_read_nothing_is_said(
        self, tmp_path: Path, text: Optional[str]
    ) -> None:
        """It may name a reader."""
        if text is not None:
            (tmp_path / "a.json").write_text(text, encoding="ascii")
        info = examine_class_info(tmp_path / "a.json")
        assert info.findings
        assert check_fit(description(format="onnx", framework="ONNX"), info) == ()

    def test_nor_of_a_reader_that_is_no_name(self, tmp_path: Path) -> None:
        model = description(format="onnx", framework="ONNX")
        (tmp_path / "a.json").write_text(
            json.dumps(document(Classifier="ONNX", ModelConfiguration=7)), encoding="ascii"
        )
        info = examine_class_info(tmp_path / "a.json")
        assert [item.rule for item in check_fit(model, info)] == []

    def test_esris_own_function_is_no_reader_of_ones_own(self, tmp_path: Path) -> None:
        model = description(format="onnx", framework="ONNX")
        function = "[Functions]\\System\\DeepLearning\\ImageClassifier.py"
        given = {"Classifier": "ONNX", "InferenceFunction": function}
        assert rules(tmp_path, model, **given) == ["no-model-configuration"]

    @pytest.mark.parametrize("function", ["mine.py", "folder\\mine.py", "none.py", "mine", "???"])
    def test_a_function_has_to_be_a_python_file_that_is_there(
        self, tmp_path: Path, function: str
    ) -> None:
        (tmp_path / "folder").mkdir()
        for name in ("mine.py", "folder/mine.py", "mine"):
            (tmp_path / name).touch()
        there = function.endswith("mine.py")
        expected = [] if there else ["inference-function-missing"]
        assert rules(tmp_path, description(), InferenceFunction=function) == expected

    def test_a_configuration_that_the_model_contradicts(self, tmp_path: Path) -> None:
        model = description(format="tensorflow-graphdef", framework="TensorFlow")
        given = {"Classifier": "TensorFlow", "ModelConfiguration": "DeepLab"}
        (item,) = findings(tmp_path, model, **given)
        assert (item.rule, item.severity) == ("model-configuration-mismatch", Severity.ERROR)
        assert "SemanticPredictions" in item.message

    @pytest.mark.parametrize("given", ["MyReader", {"Name": "MyReader"}])
    def test_a_configuration_of_ones_own_is_a_warning(self, tmp_path: Path, given: object) -> None:
        (item,) = findings(tmp_path, description(), ModelConfiguration=given)
        assert (item.rule, item.severity) == ("model-configuration-unlisted", Severity.WARNING)

    @pytest.mark.parametrize(
        "given",
        [
            # Said of the class information already.
            {"ModelConfiguration": "KerasClassifer"},
            {"ModelConfiguration": "MaskRCNN"},
            {"ModelConfiguration": "_unet", "Framework": "arcgis.learn.models._inferencing"},
        ],
    )
    def test_readers_that_are_known_are_not(self, tmp_path: Path, given: Dict[str, str]) -> None:
        assert rules(tmp_path, description(), **given) == []


def test_keys_that_could_not_be_used_are_passed_over(tmp_path: Path) -> None:
    changes = {"NumberRasterBands": "3", "Classes": [], "Classifier": 5}
    assert rules(tmp_path, description(), **changes) == []
