"""Files, folders and paths to datasets: as parameters, and what a tool may ask about them."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest

import dl2ecd_core.headless as arcpy
from tests.toolboxes import write_toolbox

#: Like a tool of Washington's department of transportation that packs files.
ZIP = """
import os, zipfile
files = parameters[0].valueAsText.split(";")
arcpy.SetProgressor("step", "Packing", 0, len(files), 1)
with zipfile.ZipFile(parameters[1].valueAsText, "w") as packed:
    for file in files:
        packed.write(file, os.path.split(file)[1])
        arcpy.SetProgressorPosition()
arcpy.SetParameterAsText(2, str(len(files)))
"""
ZIP_PARAMETERS = """
return [
    arcpy.Parameter("in_files", "In", "Input", "DEFile", multiValue=True),
    arcpy.Parameter("out_zip", "Out", "Output", "DEFile"),
    arcpy.Parameter("count", "Count", "Output", "GPLong", "Derived"),
]
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Path]:
    for name in ("a.csv", "b.csv", "map.tif", "roads.shp", "odd.xyz"):
        (tmp_path / name).touch()
    (tmp_path / "data.gdb").mkdir()
    arcpy.env.workspace = str(tmp_path)
    yield tmp_path
    arcpy.ResetEnvironments()


def test_a_tool_that_packs_several_files(workspace: Path) -> None:
    call = arcpy.ImportToolbox(
        write_toolbox(workspace, parameters=ZIP_PARAMETERS, execute=ZIP)
    ).Tool
    files = [str(workspace / name) for name in ("a.csv", "b.csv")]
    result = call(files, str(workspace / "c.zip"))
    assert result.getOutput("count") == "2"
    assert (workspace / "c.zip").stat().st_size
    with pytest.raises(arcpy.ExecuteError, match=r"ERROR 000732: In: Dataset .*none\.csv"):
        call([files[0], str(workspace / "none.csv")], str(workspace / "d.zip"))


class TestParameters:
    """The running tool's parameters by number and by name."""

    def test_by_number_and_by_name(self, tmp_path: Path) -> None:
        parameters = """
        return [
            arcpy.Parameter("a", "A"),
            arcpy.Parameter("b", "B", parameterType="Optional"),
            arcpy.Parameter("c", "C", "Output", "GPLong", "Derived"),
        ]
        """
        execute = """
        assert arcpy.GetArgumentCount() == 3
        assert [item.name for item in arcpy.GetParameterInfo()] == ["a", "b", "c"]
        assert (arcpy.GetParameterAsText(0), arcpy.GetParameter("a")) == ("x", "x")
        assert arcpy.GetParameterAsText(1) == ""
        arcpy.SetParameter("c", 5)
        for wrong in (3, "d"):
            try:
                arcpy.GetParameter(wrong)
            except RuntimeError as error:
                messages.addMessage(str(error))
        """
        path = write_toolbox(tmp_path, parameters=parameters, execute=execute)
        result = arcpy.ImportToolbox(path).Tool("x")
        assert result[0] == "5"
        assert "Error in getting parameter 'd'" in result.getMessages()

    def test_there_are_none_without_a_tool(self) -> None:
        assert arcpy.GetArgumentCount() == 0
        for ask in (lambda: arcpy.GetParameter(0), arcpy.GetParameterInfo):
            with pytest.raises(RuntimeError, match=r"no tool is running|only the running tool's"):
                ask()


class TestDatasets:
    @pytest.mark.parametrize(
        ("datatype", "value", "said"),
        [
            ("DERasterDataset", "map.tif", ""),
            ("GPFeatureLayer", "roads.shp", ""),
            ("GPFeatureLayer", "data.gdb/roads", ""),
            ("GPTableView", "none.dbf", "does not exist or is not supported"),
            ("DEWorkspace", "data.gdb", ""),
            ("DEWorkspace", "a.csv", "The value is not a Workspace"),
            ("DEFile", "data.gdb", "The value is not a File"),
            ("GPFeatureLayer", "none.gdb/roads", "does not exist or is not supported"),
        ],
    )
    def test_inputs_are_there_or_in_a_geodatabase(
        self, workspace: Path, datatype: str, value: str, said: str
    ) -> None:
        parameters = f"return [arcpy.Parameter('a', 'A', datatype={datatype!r})]"
        call = arcpy.ImportToolbox(write_toolbox(workspace, parameters=parameters)).Tool
        if said:
            with pytest.raises(arcpy.ExecuteError, match=said):
                call(value)
        else:
            assert call(value).status == 4

    def test_a_bare_output_lies_in_the_workspace(self, workspace: Path) -> None:
        parameters = "return [arcpy.Parameter('a', 'A', 'Output', 'DEFeatureClass')]"
        call = arcpy.ImportToolbox(write_toolbox(workspace, parameters=parameters)).Tool
        assert call("new.shp").status == 4
        with pytest.raises(arcpy.ExecuteError, match="already exists"):
            call("roads.shp")

    def test_whether_there_are_any(self, workspace: Path) -> None:
        assert arcpy.Exists("a.csv")
        assert arcpy.Exists(workspace)
        assert not arcpy.Exists("none.csv")
        assert not arcpy.Exists("\0")
        with pytest.raises(arcpy.NotPlayed, match="Looking into a geodatabase"):
            arcpy.Exists("data.gdb/roads")

    @pytest.mark.parametrize(
        ("name", "kind"),
        [
            ("a.csv", "TextFile"),
            ("map.tif", "RasterDataset"),
            ("roads.shp", "ShapeFile"),
            ("odd.xyz", "File"),
            ("data.gdb", "Workspace"),
        ],
    )
    def test_what_they_are_called(self, workspace: Path, name: str, kind: str) -> None:
        told = arcpy.Describe(name)
        assert (told.name, told.file, told.dataType) == (name, name, kind)
        assert f"{told.baseName}.{told.extension}" == name
        assert (told.path, told.catalogPath) == (str(workspace), str(workspace / name))
        with pytest.raises(AttributeError, match="Describe's shapeType is not played here"):
            told.shapeType  # noqa: B018

    def test_folders_and_what_is_not_there(self, workspace: Path) -> None:
        assert arcpy.Describe(workspace).dataType == "Folder"
        with pytest.raises(OSError, match=r'"none\.csv" does not exist'):
            arcpy.Describe("none.csv")

    def test_the_files_of_the_workspace(self, workspace: Path) -> None:
        assert arcpy.ListFiles("*.csv") == ["a.csv", "b.csv"]
        assert "map.tif" in arcpy.ListFiles()
        arcpy.env.workspace = None
        assert arcpy.ListFiles() == []

    def test_a_name_that_nothing_has(self, workspace: Path) -> None:
        assert arcpy.CreateUniqueName("c.csv") == str(workspace / "c.csv")
        (workspace / "a0.csv").touch()
        assert arcpy.CreateUniqueName("a.csv", str(workspace)) == str(workspace / "a1.csv")

    def test_no_licence_is_there(self) -> None:
        assert arcpy.CheckExtension("Spatial") == "Unavailable"
        with pytest.raises(TypeError):
            arcpy.CheckExtension(5)  # type: ignore[arg-type]

    def test_texts_of_messages(self) -> None:
        assert arcpy.GetIDMessage(12) == "{0} already exists"
        with pytest.raises(ValueError, match="not known"):
            arcpy.GetIDMessage(13)
