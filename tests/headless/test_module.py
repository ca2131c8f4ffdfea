"""The module as a whole: nothing that arcpy lacks, nothing made up."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

import dl2ecd_core.headless as arcpy
from dl2ecd_core.headless._progressor import progressor
from tests.toolboxes import write_toolbox


@pytest.mark.parametrize("name", ["Addmessage", "describe", "Buffer_nothing", "__path_hooks__"])
def test_an_unknown_attribute_is_an_attribute_error(name: str) -> None:
    assert not hasattr(arcpy, name)
    with pytest.raises(AttributeError, match=name):
        getattr(arcpy, name)


class TestNotPlayed:
    """What arcpy has and this has not may be imported, and fails when it is used."""

    USES = (
        lambda what: what(),
        lambda what: what.name,
        lambda what: list(what),
        lambda what: bool(what),
    )

    @pytest.mark.parametrize("use", USES)
    @pytest.mark.parametrize("name", ["SpatialReference", "Buffer_analysis", "ListFields", "gp"])
    def test_names(self, name: str, use: Any) -> None:
        what = getattr(arcpy, name)
        assert repr(what) == f"<arcpy.{name}, which is not played here>"
        with pytest.raises(arcpy.NotPlayed, match=rf"arcpy\.{name}.* is not played here"):
            use(what)

    def test_modules(self) -> None:
        assert arcpy.da is arcpy.da
        with pytest.raises(arcpy.NotPlayed, match=r"arcpy\.da\.SearchCursor is not played here"):
            arcpy.da.SearchCursor("a.shp", ["*"])
        with pytest.raises(AttributeError):
            arcpy.da.__nothing__  # noqa: B018

    def test_they_can_be_imported_by_a_toolbox(self, tmp_path: Path) -> None:
        top = """
        import arcpy.mp
        import arcpy.da as cursors
        from arcpy.sa import *
        from arcpy import SpatialReference, env, management
        """
        path = write_toolbox(tmp_path, top=top, parameters="return []", execute="cursors.Walk('a')")
        with pytest.raises(arcpy.ExecuteError, match=r"arcpy\.da\.Walk is not played here"):
            arcpy.ImportToolbox(path).Tool()
        assert not [name for name in sys.modules if name.split(".")[0] == "arcpy"]


def test_public_names_are_the_listed_ones() -> None:
    assert {name for name in vars(arcpy) if not name.startswith("_")} == set(arcpy.__all__)


def test_is_not_found_as_arcpy_outside_of_toolboxes() -> None:
    assert "arcpy" not in sys.modules


class TestEnvironment:
    def test_defaults(self) -> None:
        assert arcpy.env.autoCancelling is True
        assert arcpy.env.overwriteOutput is False
        assert arcpy.env.isCancelled is False

    @pytest.mark.parametrize("name", ["scratchGDB", "overwriteoutput", "XYResolution"])
    def test_unknown_settings_are_attribute_errors(self, name: str) -> None:
        with pytest.raises(AttributeError, match=f"'{name}' is not played here"):
            getattr(arcpy.env, name)
        with pytest.raises((AttributeError, NameError)):
            setattr(arcpy.env, name, True)

    def test_settings_are_kept_until_they_are_reset(self, tmp_path: Path) -> None:
        arcpy.env.workspace = str(tmp_path)
        arcpy.env["cellSize"] = 10
        assert (arcpy.env["workspace"], arcpy.env.cellSize) == (str(tmp_path), 10)
        with arcpy.EnvManager(workspace="elsewhere", overwriteOutput=True):
            assert (arcpy.env.workspace, arcpy.env.overwriteOutput) == ("elsewhere", True)
        assert (arcpy.env.workspace, arcpy.env.overwriteOutput) == (str(tmp_path), False)
        arcpy.ClearEnvironment("workspace")
        assert arcpy.env.workspace is None
        arcpy.ResetEnvironments()
        assert arcpy.env.cellSize is None
        assert "workspace" in arcpy.ListEnvironments() == arcpy.env.keys()

    def test_the_scratch_folder_is_made(self, tmp_path: Path) -> None:
        arcpy.env.scratchWorkspace = str(tmp_path)
        assert Path(arcpy.env.scratchFolder) == tmp_path / "scratch"
        assert (tmp_path / "scratch").is_dir()
        arcpy.ResetEnvironments()
        assert Path(arcpy.env.scratchFolder).is_dir()

    def test_cancellation_is_read_only(self) -> None:
        with pytest.raises(NameError, match="'isCancelled' is not supported on this instance"):
            arcpy.env.isCancelled = True

    @pytest.mark.parametrize("wrong", ["true", 1, None])
    def test_types_are_checked(self, wrong: Any) -> None:
        with pytest.raises(ValueError, match="overwriteOutput"):
            arcpy.env.overwriteOutput = wrong


class TestProgressor:
    def test_shows_what_it_is_told(self) -> None:
        progressor.begin()
        arcpy.SetProgressor("step", "Reading", 0, 10, 5)
        arcpy.SetProgressorPosition()
        arcpy.SetProgressorLabel("Writing")
        arcpy.SetProgressorPosition(10)
        assert progressor.shown == [
            ("Reading", 0),
            ("Reading", 5),
            ("Writing", 5),
            ("Writing", 10),
        ]
        arcpy.ResetProgressor()

    @pytest.mark.parametrize(
        "wrong", [("bar",), ("step", "x", 6, 5), ("step", "x", 0, 10, 0), ("Step",)]
    )
    def test_refuses_odd_ranges_and_kinds(self, wrong: Any) -> None:
        with pytest.raises(ValueError, match="progressor"):
            arcpy.SetProgressor(*wrong)

    @pytest.mark.parametrize("wrong", [-1, 101])
    def test_position_stays_in_its_range(self, wrong: int) -> None:
        arcpy.SetProgressor("step", "x", 0, 100, 1)
        with pytest.raises(ValueError, match="outside"):
            arcpy.SetProgressorPosition(wrong)
        arcpy.ResetProgressor()

    @pytest.mark.parametrize("wrong", [5.0, "5", True])
    def test_position_is_an_integer(self, wrong: Any) -> None:
        arcpy.SetProgressor("step", "x", 0, 100, 1)
        with pytest.raises(TypeError):
            arcpy.SetProgressorPosition(wrong)
        arcpy.ResetProgressor()

    def test_needs_to_be_set_first(self) -> None:
        arcpy.ResetProgressor()
        with pytest.raises(RuntimeError):
            arcpy.SetProgressorPosition(5)
        with pytest.raises(RuntimeError):
            arcpy.SetProgressorLabel("x")


def test_settings_stay_and_labels_are_text() -> None:
    with pytest.raises(AttributeError, match="can't be deleted"):
        del arcpy.env.overwriteOutput
    with pytest.raises(TypeError, match="a progressor label is a string, not int"):
        arcpy.SetProgressorLabel(5)  # type: ignore[arg-type]


@pytest.mark.parametrize("level", [3, -1, True, "2"])
def test_a_severity_level_is_0_1_or_2(level: Any) -> None:
    with pytest.raises(ValueError, match="none of 0, 1, 2"):
        arcpy.SetSeverityLevel(level)
    assert arcpy.GetSeverityLevel() == 2
