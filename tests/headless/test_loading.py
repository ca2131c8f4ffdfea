"""Loading toolboxes: wrong ones are refused, and arcpy stands in only meanwhile."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import dl2ecd_core.headless as arcpy
from dl2ecd_core.headless._dialog import Dialog
from dl2ecd_core.headless._loading import LoadedToolbox

from ..toolboxes import needs_no_arcgis, write_toolbox

pytestmark = needs_no_arcgis

#: The body of another tool, which has a constructor of its own as ArcGIS wants it.
MORE = "    def __init__(self):\n        self.label = self.description = 'More'\n"


def test_registers_the_tool_under_both_names(tmp_path: Path) -> None:
    module = arcpy.ImportToolbox(str(write_toolbox(tmp_path)))
    assert module is arcpy.tryout
    assert arcpy.tryout.Tool is arcpy.Tool_tryout
    with pytest.raises(AttributeError):
        _ = arcpy.tryout.Other


def test_takes_another_module_name(tmp_path: Path) -> None:
    arcpy.ImportToolbox(write_toolbox(tmp_path), "other")
    assert arcpy.other.Tool is arcpy.Tool_other
    with pytest.raises(AttributeError):
        _ = arcpy.tryout


def test_extends_the_module_of_a_toolbox_with_the_same_alias(tmp_path: Path) -> None:
    first = arcpy.ImportToolbox(write_toolbox(tmp_path))
    other = write_toolbox(tmp_path, name="Second.pyt")
    other.write_text(
        other.read_text().replace("Tool]", "More]").replace("class Tool:", "class More:")
    )
    second = arcpy.ImportToolbox(other)
    assert first is second
    assert {"Tool", "More"} <= set(vars(first))


def test_never_takes_the_place_of_something_of_arcpy(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"arcpy\.env exists already"):
        arcpy.ImportToolbox(write_toolbox(tmp_path, alias="env"))


def test_a_missing_or_misnamed_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="was not found"):
        arcpy.ImportToolbox(tmp_path / "No.pyt")
    (tmp_path / "Tools.py").write_text("")
    with pytest.raises(OSError, match="was not found"):
        arcpy.ImportToolbox(tmp_path / "Tools.py")


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        ({"alias": "deep_learning"}, RuntimeError, "letters and digits"),
        ({"alias": "2nd"}, RuntimeError, "letters and digits"),
        ({"alias": ""}, RuntimeError, "give ImportToolbox a module_name"),
        ({"tools": "Tool"}, RuntimeError, "not a list of classes"),
        ({"tools": "[Tool()]"}, RuntimeError, "not a list of classes"),
        ({"top": "import nowhere_to_be_found"}, ImportError, "nowhere_to_be_found"),
        ({"top": "arcpy.NoSuchThing"}, AttributeError, "NoSuchThing is not played here"),
        ({"top": "def broken("}, SyntaxError, "was never closed|invalid syntax|unexpected EOF"),
        ({"top": "if __name__ == '__main__':\n    1 / 0"}, ZeroDivisionError, "division"),
        ({"parameters": "1 / 0"}, ZeroDivisionError, "division"),
        ({"parameters": "return arcpy.Parameter()"}, RuntimeError, "list of Parameter"),
        ({"parameters": "return ()"}, RuntimeError, "list of Parameter"),
        ({"parameters": "return [arcpy.Parameter('a')]"}, RuntimeError, "no displayName"),
        (
            {"parameters": "return [arcpy.Parameter('a', 'A'), arcpy.Parameter('A', 'B')]"},
            RuntimeError,
            "two parameters",
        ),
        (
            {"parameters": "return [arcpy.Parameter('a', 'A', parameterType='Derived')]"},
            RuntimeError,
            "not an Output",
        ),
        ({"licensed": "1 / 0"}, ZeroDivisionError, "division"),
        ({"licensed": "return"}, RuntimeError, "True or False"),
    ],
)
def test_a_toolbox_with_an_error_icon_is_refused(
    tmp_path: Path, wrong: Any, error: Any, said: str
) -> None:
    with pytest.raises(error, match=said):
        arcpy.ImportToolbox(write_toolbox(tmp_path, **wrong))
    assert "arcpy" not in sys.modules


def test_without_a_toolbox_class(tmp_path: Path) -> None:
    path = tmp_path / "Try.pyt"
    path.write_text("class ToolBox:\n    pass\n")
    with pytest.raises(RuntimeError, match="no class called Toolbox"):
        arcpy.ImportToolbox(path)


def test_a_tool_needs_init_and_execute(tmp_path: Path) -> None:
    path = write_toolbox(tmp_path)
    path.write_text(path.read_text().replace("def execute", "def perform"))
    with pytest.raises(RuntimeError, match="execute"):
        arcpy.ImportToolbox(path)


def test_a_toolbox_has_a_label(tmp_path: Path) -> None:
    path = write_toolbox(tmp_path)
    path.write_text(path.read_text().replace('self.label = "Try"', "pass"))
    with pytest.raises(RuntimeError, match=r"Toolbox\.__init__ sets no label"):
        arcpy.ImportToolbox(path)


def test_a_tool_has_a_label(tmp_path: Path) -> None:
    path = write_toolbox(tmp_path)
    before, _, after = path.read_text().partition("class Tool:")
    path.write_text(f"{before}class Tool:{after.replace('self.label', 'self.other')}")
    with pytest.raises(RuntimeError, match=r"Tool\.__init__ sets no label"):
        arcpy.ImportToolbox(path)


def test_parameters_that_python_can_not_name_get_a_name_that_it_can(tmp_path: Path) -> None:
    parameters = "return [arcpy.Parameter('from', 'A'), arcpy.Parameter('To folder', 'B')]"
    execute = "messages.addMessage(f'{parameters[0].value} {parameters[1].value}')"
    path = write_toolbox(tmp_path, parameters=parameters, execute=execute)
    call = arcpy.ImportToolbox(path).Tool
    assert list(inspect.signature(call).parameters) == ["from_", "To_folder"]
    assert "a b" in call("a", To_folder="b").getMessages()


def test_a_dialog_is_that_of_one_of_the_tools(tmp_path: Path) -> None:
    path = write_toolbox(tmp_path, tools="[Tool, More]")
    path.write_text(f"{path.read_text()}\n\nclass More(Tool):\n{MORE}")
    assert set(Dialog(path, "More").messages()) == {"in_file", "out_file"}
    with pytest.raises(RuntimeError, match=r"Try\.pyt has no tool called Most"):
        Dialog(path, "Most")


def test_a_module_name_takes_the_place_of_an_alias_that_will_not_do(tmp_path: Path) -> None:
    for alias in ("", "GP Tools"):
        module = arcpy.ImportToolbox(write_toolbox(tmp_path, alias=alias), "tryout")
        assert module is arcpy.tryout


def test_a_toolbox_may_import_the_modules_beside_it(tmp_path: Path) -> None:
    (tmp_path / "beside_the_toolbox.py").write_text("import arcpy\nWORD = 'found'\n")
    path = write_toolbox(
        tmp_path, parameters="return []", top="from beside_the_toolbox import WORD",
        execute="messages.addMessage(WORD)",
    )  # fmt: skip
    assert "found" in arcpy.ImportToolbox(path).Tool().getMessages()


class TestSeveralTools:
    """One tool that can't be played does not keep the others from being played."""

    MORE = """
class Odd(Tool):
    def __init__(self):
        self.label = self.description = "Odd"

    def getParameterInfo(self):
        {}
"""

    @pytest.mark.parametrize(
        ("body", "said"),
        [
            ("return [arcpy.Parameter('a', 'A', datatype='GPNetworkDataSource')]", "not played"),
            ("return [arcpy.Parameter('a', 'A', datatype=arcpy.SpatialReference(4326))]", "not pl"),
            ("return 1 / 0", "division by zero"),
        ],
    )
    def test_the_others_run(self, tmp_path: Path, body: str, said: str) -> None:
        path = write_toolbox(tmp_path, tools="[Odd, Tool]", parameters="return []")
        path.write_text(path.read_text() + self.MORE.format(body))
        tools = arcpy.ImportToolbox(path)
        assert tools.Tool().status == 4
        with pytest.raises(arcpy.ExecuteError, match=f"Odd can't be played here: .*{said}"):
            arcpy.Odd_tryout("a")
        with pytest.raises(Exception, match=said):
            Dialog(path, "Odd")

    def test_where_none_can_the_toolbox_is_refused(self, tmp_path: Path) -> None:
        parameters = "return [arcpy.Parameter('a', 'A', datatype='X')]"
        path = write_toolbox(tmp_path, parameters=parameters)
        with pytest.raises(arcpy.NotPlayed, match="The data type 'X' is not played here"):
            arcpy.ImportToolbox(path)


class TestStandingIn:
    def test_lasts_for_loading_and_running_only(self, tmp_path: Path) -> None:
        arcpy.ImportToolbox(
            write_toolbox(
                tmp_path,
                parameters="return []",
                execute="import arcpy as seen\nmessages.addMessage(seen.__name__)",
            )
        )
        assert "arcpy" not in sys.modules
        assert "dl2ecd_core.headless" in arcpy.tryout.Tool().getMessages()
        assert "arcpy" not in sys.modules

    def test_never_shadows_a_real_one(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = ModuleType("arcpy")
        with monkeypatch.context() as patched:
            patched.setitem(sys.modules, "arcpy", real)
            with pytest.raises(ImportError, match="ArcGIS's own arcpy"):
                arcpy.ImportToolbox(write_toolbox(tmp_path))
            assert sys.modules["arcpy"] is real

    def test_never_shadows_one_that_could_be_imported(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "arcpy.py").write_text("")
        monkeypatch.syspath_prepend(str(tmp_path))
        with pytest.raises(ImportError, match="ArcGIS's own arcpy"):
            arcpy.ImportToolbox(write_toolbox(tmp_path))

    def test_leaves_alone_what_a_toolbox_put_in_its_place(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = ModuleType("arcpy")
        monkeypatch.setattr(sys, "other_arcpy", other, raising=False)
        path = write_toolbox(tmp_path, top="import sys\nsys.modules['arcpy'] = sys.other_arcpy")
        try:
            LoadedToolbox(path)
            assert sys.modules["arcpy"] is other
        finally:
            del sys.modules["arcpy"]

    def test_leaves_nothing_beside_the_toolbox(self, tmp_path: Path) -> None:
        arcpy.ImportToolbox(write_toolbox(tmp_path))
        assert [path.name for path in tmp_path.iterdir()] == ["Try.pyt"]


class TestDocstring:
    def test_is_the_call_without_a_help_file(self, tmp_path: Path) -> None:
        arcpy.ImportToolbox(write_toolbox(tmp_path))
        assert arcpy.tryout.Tool.__doc__ == "Tool(in_file, out_file)"

    def test_comes_from_the_help_file(self, tmp_path: Path) -> None:
        (tmp_path / "Try.Tool.pyt.xml").write_text(
            "<metadata><tool><summary>&lt;P&gt;&lt;SPAN&gt;Tries.&lt;/SPAN&gt;&lt;/P&gt;</summary>"
            '<parameters><param name="in_file" direction="Input" datatype="File">'
            "<dialogReference>&lt;P&gt;Pane.&lt;/P&gt;</dialogReference>"
            "<pythonReference>&lt;P&gt;Script.&lt;/P&gt;</pythonReference></param>"
            '<param name="out_file" direction="Output" datatype="File">'
            "<dialogReference>&lt;P&gt;A &amp;amp; B&lt;/P&gt;</dialogReference></param>"
            "</parameters></tool></metadata>"
        )
        arcpy.ImportToolbox(write_toolbox(tmp_path))
        assert arcpy.tryout.Tool.__doc__ == (
            "Tool(in_file, out_file)\n\n    Tries.\n\n"
            "INPUTS:\n    in_file (File):\n        Script.\n\n"
            "OUTPUTS:\n    out_file (File):\n        A & B"
        )

    def test_names_no_outputs_where_the_help_file_has_none(self, tmp_path: Path) -> None:
        (tmp_path / "Try.Tool.pyt.xml").write_text(
            '<metadata><tool><parameters><param name="in_file" direction="Input" datatype="File"/>'
            "</parameters></tool></metadata>"
        )
        arcpy.ImportToolbox(write_toolbox(tmp_path))
        assert arcpy.tryout.Tool.__doc__ == (
            "Tool(in_file, out_file)\n\n\nINPUTS:\n    in_file (File):"
        )

    def test_a_damaged_help_file_does_no_harm(self, tmp_path: Path) -> None:
        (tmp_path / "Try.Tool.pyt.xml").write_text("<metadata>")
        arcpy.ImportToolbox(write_toolbox(tmp_path))
        assert arcpy.tryout.Tool.__doc__ == "Tool(in_file, out_file)"
