"""Parameters of several values, value tables, several data types, and filters beyond lists."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dl2ecd_core.headless as arcpy
from tests.toolboxes import write_toolbox

#: Whatever can stand between quotes.
CELL = st.text(
    st.characters(exclude_characters="'\"", exclude_categories=("C", "Zl", "Zp")), min_size=1
)


def parameter(**changes: Any) -> arcpy.Parameter:
    return arcpy.Parameter(**{"name": "a", "displayName": "A", **changes})


class TestValueTable:
    @given(st.lists(st.tuples(CELL, CELL)))
    def test_what_is_written_is_what_is_read(self, rows: Any) -> None:
        table = arcpy.ValueTable(2)
        for row in rows:
            table.addRow(row)
        again = arcpy.ValueTable(2)
        again.loadFromString(table.exportToString())
        assert [tuple(row) for row in again] == rows == [tuple(row) for row in table]
        assert (again.rowCount, again.columnCount, len(again)) == (len(rows), 2, len(rows))

    def test_rows_can_be_changed(self) -> None:
        table = arcpy.ValueTable(2)
        table.addRow("a 1")
        table.addRow(["b c"])
        assert (table.getRow(1), table.getTrueRow(1)) == ("'b c' ''", ["b c", ""])
        table.setValue(1, 1, 2)
        table.setRow(0, "'x y' 3")
        assert str(table) == "'x y' 3;'b c' 2"
        table.removeRow(0)
        assert table.getValue(0, 1) == "2"
        with pytest.raises(ValueError, match="3 values in a table of 2 columns"):
            table.addRow("1 2 3")


class TestSeveralValues:
    def test_are_a_list_and_a_text_with_semicolons(self) -> None:
        files = parameter(datatype="DEFile", multiValue=True)
        assert (files.value, files.values, files.valueAsText) == (None, None, None)
        files.value = ["c:/a.csv", "c:/my data/b.csv"]
        assert files.valueAsText == "c:/a.csv;'c:/my data/b.csv'"
        assert [str(item) for item in files.values] == ["c:/a.csv", "c:/my data/b.csv"]
        assert files.value.rowCount == 2
        files.values = "c:/c.csv;'c:/d e.csv'"
        assert [str(item) for item in files.values] == ["c:/c.csv", "c:/d e.csv"]
        files.value = files.value
        assert files.valueAsText == "c:/c.csv;'c:/d e.csv'"
        files.value = [["c:/f.csv"], None]
        assert files.valueAsText == "c:/f.csv"
        files.value = ""
        assert files.values is None
        numbers = parameter(datatype="GPLong", multiValue=True)
        numbers.value = 5
        assert numbers.values == [5]

    def test_one_value_has_no_list(self) -> None:
        with pytest.raises(NameError, match="'values' is not supported"):
            parameter().values  # noqa: B018


class TestTables:
    def table(self) -> arcpy.Parameter:
        table = parameter(datatype="GPValueTable")
        table.columns = [["DEFile", "File"], ["GPLong", "Number", "ReadOnly"]]
        return table

    def test_rows_have_values_of_their_columns_types(self) -> None:
        table = self.table()
        table.value = [["c:/a b.csv", 1], ["c:/b.csv", None]]
        assert table.valueAsText == "'c:/a b.csv' 1;c:/b.csv None"
        table.value = "'c:/a b.csv' 1;c:/b.csv"
        (first, number), (second, empty) = table.values
        assert (str(first), number, str(second), empty) == ("c:/a b.csv", 1, "c:/b.csv", "")
        assert table.value.getRow(0) == "'c:/a b.csv' 1"
        assert table.columns == [["DEFile", "File"], ["GPLong", "Number"]]
        table.value = table.value
        assert table.value.rowCount == 2
        table.value = None
        assert table.values is None
        with pytest.raises(ValueError, match="error in setting parameter value"):
            table.value = 5

    @pytest.mark.parametrize("wrong", ["GPLong", [["GPLong"]], [["GPNothing", "A"]]])
    def test_columns_have_a_type_and_a_heading(self, wrong: Any) -> None:
        with pytest.raises(ValueError, match=r"Columns property|not played here"):
            parameter(datatype="GPValueTable").columns = wrong

    def test_are_of_no_other_type_beside(self) -> None:
        with pytest.raises(ValueError, match="A value table among other data types"):
            parameter(datatype=["GPValueTable", "GPString"])

    def test_are_validated_cell_by_cell(self, tmp_path: Path) -> None:
        parameters = """
        a = arcpy.Parameter("a", "A", datatype="GPValueTable")
        a.columns = [["GPString", "Name"], ["GPLong", "Number"]]
        a.filters[1].type = "Range"
        a.filters[1].list = [1, 9]
        return [a]
        """
        execute = "messages.addMessage(str(parameters[0].values))"
        path = write_toolbox(tmp_path, parameters=parameters, execute=execute)
        call = arcpy.ImportToolbox(path).Tool
        assert "[['x', 5], ['y', '']]" in call("x 5;y").getMessages()
        for wrong, said in (("x 10", "not between 1 and 9"), ("x two", "not a Long")):
            with pytest.raises(arcpy.ExecuteError, match=said):
                call(wrong)


class TestSeveralTypes:
    def test_the_first_that_fits_counts(self) -> None:
        either = parameter(datatype=["GPLong", "GPString"])
        assert either.datatype == "Long"
        either.value = "5"
        assert either.value == 5
        either.value = "five"
        assert either.value == "five"

    def test_types_may_be_called_as_dialogs_call_them(self) -> None:
        layer = parameter(datatype=["Feature Layer", "String"])
        assert (layer.datatype, layer.filter.type) == ("Feature Layer", "Feature Class")
        table = parameter(datatype="Value Table")
        table.columns = [["Long", "Number"]]
        assert table.columns == [["GPLong", "Number"]]

    def test_a_date_is_text(self) -> None:
        date = parameter(datatype="GPDate")
        date.value = datetime.datetime(2026, 1, 2, 3, 4, 5)
        assert date.valueAsText == "2026-01-02 03:04:05"


class TestFilters:
    @pytest.mark.parametrize(
        ("datatype", "kind", "items"),
        [
            ("GPLong", "Range", [1, 5]),
            ("GPDouble", "ValueList", [0.5, 1.5]),
            ("DEFeatureClass", "Feature Class", ["Point"]),
            ("Field", "Field", ["Text", "Long"]),
            ("DEWorkspace", "Workspace", ["Local Database"]),
        ],
    )
    def test_kinds(self, datatype: str, kind: str, items: Any) -> None:
        limited = parameter(datatype=datatype)
        limited.filter.type = kind
        limited.filter.list = items
        assert (limited.filter.type, limited.filter.list) == (kind, items)

    @pytest.mark.parametrize("wrong", [[1], [1, 2, 3], ["a", "b"]])
    def test_a_range_has_two_ends(self, wrong: Any) -> None:
        number = parameter(datatype="GPLong")
        number.filter.type = "Range"
        with pytest.raises(ValueError, match="illegal list value"):
            number.filter.list = wrong

    def test_values_are_held_against_a_range(self, tmp_path: Path) -> None:
        parameters = """
        a = arcpy.Parameter("a", "A", datatype="GPDouble")
        a.filter.type = "Range"
        b = arcpy.Parameter("b", "B", datatype="GPLong", multiValue=True, parameterType="Optional")
        b.filter.type = "Range"
        b.filter.list = [1, 3]
        return [a, b]
        """
        call = arcpy.ImportToolbox(write_toolbox(tmp_path, parameters=parameters)).Tool
        assert call(1e9, "1;3").status == 4
        with pytest.raises(arcpy.ExecuteError, match="The value 4 is not between 1 and 3"):
            call(1, [1, 4])

    def test_further_properties_are_kept(self) -> None:
        field = parameter(datatype="Field")
        field.parameterDependencies = ["in_table"]
        field.defaultEnvironmentName = "workspace"
        field.controlCLSID = "{38C34610-C7F7-11D5-A693-0008C711C8C1}"
        assert field.parameterDependencies == ["in_table"]
        assert (field.defaultEnvironmentName, field.controlCLSID[:3]) == ("workspace", "{38")
        with pytest.raises(ValueError, match="ParameterDependencies"):
            field.parameterDependencies = [5]
