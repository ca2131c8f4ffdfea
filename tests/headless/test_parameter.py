"""Parameters can be read, set and refused as arcpy's can."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import dl2ecd_core.headless as arcpy
from dl2ecd_core.headless._parameter import Stage


def file_parameter(**more: Any) -> arcpy.Parameter:
    return arcpy.Parameter(name="in_file", displayName="In File", datatype="DEFile", **more)


class TestConstruction:
    def test_has_arcpys_defaults(self) -> None:
        parameter = arcpy.Parameter()
        assert parameter.direction == "Input"
        assert parameter.datatype == "String"
        assert parameter.parameterType == "Required"
        assert parameter.enabled is True
        assert parameter.multiValue is False
        assert parameter.value is None
        assert parameter.valueAsText is None

    def test_takes_arguments_in_arcpys_order(self) -> None:
        parameter = arcpy.Parameter("a", "A", "Output", "DEFile", "Derived", False, "group")
        assert (parameter.name, parameter.displayName) == ("a", "A")
        assert (parameter.direction, parameter.datatype) == ("Output", "File")
        assert (parameter.parameterType, parameter.enabled) == ("Derived", False)
        assert parameter.category == "group"

    @pytest.mark.parametrize("datatype", ["", 5, [], [5]])
    def test_refuses_what_is_no_data_type(self, datatype: Any) -> None:
        with pytest.raises(
            ValueError, match="ParameterObject: Invalid input value for DataType property"
        ):
            arcpy.Parameter(name="a", datatype=datatype)

    @pytest.mark.parametrize(
        "datatype", ["file", "DEfile", "GPNetworkDataSource", ["GPString", "x"]]
    )
    def test_says_of_an_unknown_data_type_that_it_is_not_played(self, datatype: Any) -> None:
        with pytest.raises(ValueError, match=r"The data type '.*' is not played here"):
            arcpy.Parameter(name="a", datatype=datatype)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"direction": "input"},
            {"parameterType": "required"},
            {"enabled": "yes"},
            {"multiValue": "yes"},
            {"name": "blank at the end "},
            {"name": "sl/ash"},
            {"name": "1st"},
            {"displayName": 5},
        ],
    )
    def test_refuses_what_a_property_cant_be(self, wrong: Any) -> None:
        with pytest.raises(ValueError, match="Invalid input value for"):
            arcpy.Parameter(**wrong)

    def test_refuses_an_unknown_keyword(self) -> None:
        with pytest.raises(TypeError):
            arcpy.Parameter(nmae="a")


class TestAttributes:
    @pytest.mark.parametrize("name", ["Value", "default", "dependencies", "description"])
    def test_unknown_ones_are_attribute_errors(self, name: str) -> None:
        parameter = file_parameter()
        with pytest.raises(AttributeError):
            getattr(parameter, name)
        with pytest.raises(AttributeError):
            setattr(parameter, name, 1)

    @pytest.mark.parametrize(
        "name", ["altered", "hasBeenValidated", "message", "valueAsText", "schema", "filter"]
    )
    def test_read_only_ones_are_name_errors_in_arcpys_words(self, name: str) -> None:
        expected = f"The attribute '{name}' is not supported on this instance of Parameter"
        with pytest.raises(NameError, match=expected):
            setattr(file_parameter(), name, None)

    @pytest.mark.parametrize(
        "name", ["name", "displayName", "datatype", "direction", "parameterType"]
    )
    @pytest.mark.parametrize("stage", [Stage.UPDATING, Stage.JUDGING, Stage.RUNNING])
    def test_some_cant_change_during_validation(self, name: str, stage: Stage) -> None:
        parameter = file_parameter()
        parameter._enter(stage)
        with pytest.raises(NameError, match=f"'{name}' is not supported"):
            setattr(parameter, name, "DEFile")

    def test_update_messages_changes_messages_alone(self) -> None:
        parameter = file_parameter()
        parameter._enter(Stage.JUDGING)
        with pytest.raises(NameError):
            parameter.value = "x"
        with pytest.raises(NameError):
            parameter.filter.list = ["txt"]


class TestFilter:
    def test_lists_extensions_without_the_dot(self) -> None:
        parameter = file_parameter()
        parameter.filter.list = ["json", "ecd"]
        assert parameter.filter.type == "File"
        assert parameter.filter.list == ["json", "ecd"]

    @pytest.mark.parametrize("wrong", [[""], [".json"], ["*.json"], ["*"], [5], "json", None])
    def test_refuses_other_lists(self, wrong: Any) -> None:
        with pytest.raises(ValueError, match="FilterObject: illegal list value"):
            file_parameter().filter.list = wrong

    def test_changing_the_copy_changes_nothing(self) -> None:
        parameter = file_parameter()
        parameter.filter.list.append("json")
        assert parameter.filter.list == []

    def test_has_no_other_attributes(self) -> None:
        with pytest.raises(AttributeError):
            file_parameter().filter.values = []
        with pytest.raises(ValueError, match="illegal filter type"):
            file_parameter().filter.type = "Range"


class TestValue:
    def test_of_a_file_is_a_value_object(self) -> None:
        parameter = file_parameter()
        parameter._assign("c:/a.txt")
        value: Any = parameter.value
        assert str(value) == value.value == parameter.valueAsText == "c:/a.txt"
        assert value.isEmpty is False
        assert not isinstance(value, str)
        with pytest.raises(AttributeError):
            value.upper()
        with pytest.raises(NameError):
            value.value = "x"

    def test_is_a_path_for_what_takes_paths(self) -> None:
        parameter = file_parameter()
        parameter.value = "c:/a.txt"
        assert Path(parameter.value) == Path("c:/a.txt")

    def test_shows_as_arcpys_do(self) -> None:
        parameter = file_parameter()
        parameter._assign("c:/a.txt")
        assert repr(parameter.value).startswith("<geoprocessing value object object at 0x")

    def test_can_be_given_to_another_parameter(self) -> None:
        parameter, other = file_parameter(), arcpy.Parameter("text", "Text")
        parameter._assign("c:/a.txt")
        other.value = parameter.value
        assert other.value == "c:/a.txt"

    @pytest.mark.parametrize("nothing", [None, "", "#"])
    def test_is_none_when_empty(self, nothing: Any) -> None:
        parameter = file_parameter()
        parameter._assign("c:/a.txt")
        parameter._assign(nothing)
        assert parameter.value is None
        assert parameter.valueAsText is None
        assert parameter.altered is False

    @pytest.mark.parametrize("wrong", [Path("a"), b"a", ["a"], object()])
    def test_refuses_what_is_neither_text_nor_number(self, wrong: Any) -> None:
        with pytest.raises(ValueError, match="error in setting parameter value"):
            file_parameter().value = wrong

    def test_altered_and_validated_follow_changes(self) -> None:
        parameter = file_parameter()
        assert (parameter.altered, parameter.hasBeenValidated) == (False, False)
        parameter._assign("a")
        assert (parameter.altered, parameter.hasBeenValidated) == (True, False)
        parameter._mark_validated()
        parameter._assign("a")
        assert parameter.hasBeenValidated is True
        parameter._assign("b")
        assert parameter.hasBeenValidated is False

    @pytest.mark.parametrize(
        ("datatype", "text", "value"),
        [
            ("GPLong", "5", 5),
            ("GPDouble", "2.5", 2.5),
            ("GPBoolean", "true", True),
            ("GPString", "5", "5"),
        ],
    )
    def test_is_read_from_text(self, datatype: str, text: str, value: object) -> None:
        parameter = arcpy.Parameter(name="a", displayName="A", datatype=datatype)
        parameter._assign(text)
        assert parameter.value == value
        assert parameter.valueAsText == text


class TestMessages:
    def test_the_last_one_counts(self) -> None:
        parameter = file_parameter()
        parameter.setErrorMessage("wrong")
        assert (parameter.hasError(), parameter.hasWarning()) == (True, False)
        parameter.setWarningMessage("odd")
        assert (parameter.hasError(), parameter.hasWarning()) == (False, True)
        assert parameter.message == "odd"
        parameter.clearMessage()
        assert parameter.message == ""

    def test_by_number(self) -> None:
        parameter = file_parameter()
        parameter.setIDMessage("Error", 12, "c:/a.txt")
        assert parameter.message == "ERROR 000012: c:/a.txt already exists"
        assert parameter.hasError()

    def test_must_be_text(self) -> None:
        with pytest.raises(TypeError):
            file_parameter().setErrorMessage(ValueError("x"))

    def test_clearing_leaves_those_of_internal_validation(self) -> None:
        parameter = file_parameter()
        parameter._set_message(2, "ERROR 000735: In File: Value is required", internal=True)
        parameter.clearMessage()
        assert parameter.hasError()


class TestFurther:
    def test_groups_and_symbology_are_kept(self) -> None:
        parameter = file_parameter(category="More", symbology="a.lyrx")
        assert (parameter.category, parameter.symbology) == ("More", "a.lyrx")

    def test_a_schema_keeps_what_is_set(self) -> None:
        schema = file_parameter(direction="Output").schema
        schema.clone = True
        assert (schema.clone, schema.featureType) == (True, None)
        with pytest.raises(AttributeError, match="The schema's colour is not played here"):
            schema.colour = True

    def test_another_data_type_brings_another_filter(self) -> None:
        parameter = file_parameter()
        parameter.filter.list = ["ecd"]
        parameter.datatype = "GPString"
        assert parameter.filter.list == []

    def test_the_kind_of_filter_is_what_the_data_type_has(self) -> None:
        parameter = file_parameter()
        parameter.filter.type = parameter.filter.type
        with pytest.raises(ValueError, match="illegal filter type"):
            parameter.filter.type = "Range"
