"""The lifecycle of a scripted call: validation, execution, result, and what is raised."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any, List

import pytest

import dl2ecd_core.headless as arcpy
from dl2ecd_core.headless._dialog import Dialog

from ..toolboxes import needs_no_arcgis, write_toolbox

pytestmark = needs_no_arcgis

_TEXT = "return [arcpy.Parameter('text', 'Text', parameterType='Optional')]"


@pytest.fixture
def given(tmp_path: Path) -> str:
    (tmp_path / "a.dat").write_text("x")
    return str(tmp_path / "a.dat")


def tool(folder: Path, **bodies: str) -> Any:
    arcpy.ImportToolbox(write_toolbox(folder, **bodies))
    return arcpy.tryout.Tool


def lines_of(call: Any, *arguments: Any) -> List[str]:
    with pytest.raises(arcpy.ExecuteError) as raised:
        call(*arguments)
    return str(raised.value).strip().split("\n")


class TestInternalValidation:
    def refused(self, call: Any, *arguments: Any) -> List[str]:
        first, *between, last = lines_of(call, *arguments)
        assert first == "Failed to execute. Parameters are not valid."
        assert last == "Failed to execute (Tool)."
        return between

    def test_required_parameters(self, tmp_path: Path) -> None:
        assert self.refused(tool(tmp_path)) == [
            "ERROR 000735: In File: Value is required",
            "ERROR 000735: Out File: Value is required",
        ]

    @pytest.mark.parametrize("nothing", [None, "", "#"])
    def test_ways_of_saying_nothing(self, tmp_path: Path, given: str, nothing: Any) -> None:
        assert self.refused(tool(tmp_path), given, nothing) == [
            "ERROR 000735: Out File: Value is required"
        ]

    def test_missing_input(self, tmp_path: Path) -> None:
        out = str(tmp_path / "b.txt")
        assert self.refused(tool(tmp_path), "/nowhere/a", out) == [
            "ERROR 000732: In File: Dataset /nowhere/a does not exist or is not supported"
        ]

    def test_folder_where_a_file_belongs(self, tmp_path: Path) -> None:
        out = str(tmp_path / "b.txt")
        assert self.refused(tool(tmp_path), str(tmp_path), out) == [
            "ERROR 000840: The value is not a File."
        ]

    def test_existing_output(self, tmp_path: Path, given: str) -> None:
        out = tmp_path / "b.txt"
        out.write_text("older")
        assert self.refused(tool(tmp_path), given, str(out)) == [
            f"ERROR 000725: Out File: Dataset {out} already exists"
        ]
        arcpy.env.overwriteOutput = True
        assert arcpy.tryout.Tool(given, str(out)).maxSeverity == 0
        assert out.read_text() == "older"

    def test_relative_output(self, tmp_path: Path, given: str) -> None:
        assert self.refused(tool(tmp_path), given, "b.txt") == [
            "ERROR 000210: Cannot create output b.txt"
        ]

    def test_output_in_a_folder_that_is_not_there(self, tmp_path: Path, given: str) -> None:
        out = str(tmp_path / "no" / "b.txt")
        assert self.refused(tool(tmp_path), given, out) == [
            f"ERROR 000875: Out File: {out}'s workspace is an invalid output workspace."
        ]

    def test_extension_outside_the_filter(self, tmp_path: Path, given: str) -> None:
        assert self.refused(tool(tmp_path), given, str(tmp_path / "b.doc")) == [
            "ERROR 000800: The value is not a member of txt"
        ]

    def test_path_with_a_nul(self, tmp_path: Path) -> None:
        out = str(tmp_path / "b.txt")
        (line,) = self.refused(tool(tmp_path), "a\0b", out)
        assert line.startswith("ERROR 000732")

    @pytest.mark.parametrize(
        ("datatype", "value", "name"),
        [("GPLong", "x", "Long"), ("GPDouble", "x", "Double"), ("GPBoolean", "maybe", "Boolean")],
    )
    def test_types(self, tmp_path: Path, datatype: str, value: str, name: str) -> None:
        call = tool(
            tmp_path, parameters=f"return [arcpy.Parameter('a', 'A', datatype='{datatype}')]"
        )
        assert self.refused(call, value) == [f"ERROR 000840: The value is not a {name}."]

    def test_value_lists(self, tmp_path: Path) -> None:
        call = tool(
            tmp_path,
            parameters="p = arcpy.Parameter('a', 'A')\np.filter.list = ['A', 'B']\nreturn [p]",
        )
        assert self.refused(call, "C") == ["ERROR 000800: The value is not a member of A | B"]
        assert call("B").status == 4


class TestToolValidation:
    def test_the_tools_own_error_is_given_bare(self, tmp_path: Path) -> None:
        call = tool(
            tmp_path, parameters=_TEXT, judge="parameters[0].setErrorMessage('Not like this.')"
        )
        assert lines_of(call, "x")[1:] == ["Not like this.", "Failed to execute (Tool)."]

    def test_a_warning_beside_an_error_is_given_too(self, tmp_path: Path) -> None:
        call = tool(
            tmp_path,
            parameters="a = arcpy.Parameter('a', 'A', parameterType='Optional')\n"
            "return [a, arcpy.Parameter('b', 'B')]",
            judge="parameters[0].setWarningMessage('Odd.')",
        )
        assert "ERROR 000735: B: Value is required" in lines_of(call, "x")
        assert arcpy.GetMessages(1) == "Odd."

    def test_an_optional_parameter_may_be_left_out(self, tmp_path: Path) -> None:
        call = tool(
            tmp_path,
            parameters=_TEXT,
            execute="messages.addMessage(str(parameters[0].value))",
        )
        assert "None" in call().getMessages().split("\n")

    def test_an_id_message_has_its_number(self, tmp_path: Path) -> None:
        call = tool(
            tmp_path,
            parameters=_TEXT,
            judge="parameters[0].setIDMessage('Error', 12, parameters[0].valueAsText)",
        )
        assert lines_of(call, "x")[1] == "ERROR 000012: x already exists"

    def test_execute_is_not_reached(self, tmp_path: Path) -> None:
        call = tool(tmp_path, execute="raise SystemExit('reached')")
        lines_of(call)

    def test_what_update_parameters_sets_is_validated(self, tmp_path: Path) -> None:
        call = tool(
            tmp_path,
            parameters=_TEXT,
            update="parameters[0].value = 'default'",
            execute="messages.addMessage(parameters[0].valueAsText)",
        )
        assert "default" in call().getMessages(0)

    def test_a_default_counts_as_unaltered(self, tmp_path: Path) -> None:
        call = tool(
            tmp_path,
            parameters="p = arcpy.Parameter('a', 'A')\np.value = 'default'\nreturn [p]",
            execute="messages.addMessage(f'{parameters[0].value} {parameters[0].altered}')",
        )
        assert "default False" in call().getMessages()
        assert "given True" in call("given").getMessages()

    def test_messages_set_in_update_parameters_are_lost(self, tmp_path: Path) -> None:
        call = tool(tmp_path, parameters=_TEXT, update="parameters[0].setErrorMessage('early')")
        assert call("x").status == 4

    @pytest.mark.parametrize("stage", ["update", "judge"])
    def test_raising_in_validation_fails_the_call(self, tmp_path: Path, stage: str) -> None:
        call = tool(tmp_path, parameters=_TEXT, **{stage: "1 / 0"})
        lines = lines_of(call, "x")
        assert "ZeroDivisionError: division by zero" in lines

    def test_state_in_self_is_not_carried_over(self, tmp_path: Path) -> None:
        call = tool(
            tmp_path,
            parameters=_TEXT,
            update="self.seen = True",
            execute="messages.addMessage(str(self.seen))",
        )
        assert any("AttributeError" in line for line in lines_of(call, "x"))

    def test_names_cant_be_changed(self, tmp_path: Path) -> None:
        call = tool(tmp_path, parameters=_TEXT, update="parameters[0].displayName = 'Other'")
        assert any("is not supported on this instance" in line for line in lines_of(call, "x"))

    def test_an_unlicensed_tool_does_not_run(self, tmp_path: Path) -> None:
        call = tool(tmp_path, parameters=_TEXT, licensed="return False")
        assert lines_of(call, "x")[0] == "ERROR 000824: The tool is not licensed."


class TestExecution:
    def test_result(self, tmp_path: Path, given: str) -> None:
        out = str(tmp_path / "b.txt")
        result = tool(tmp_path, execute="messages.addWarningMessage('odd')\nreturn 5")(given, out)
        assert (
            str(result) == result[0] == result.getOutput(0) == result.getOutput("out_file") == out
        )
        assert list(result) == [out]
        assert result.getInput(0) == given
        assert (result.status, result.maxSeverity) == (4, 1)
        assert (result.inputCount, result.outputCount, len(result)) == (1, 1, 1)
        assert result.getMessages(1) == arcpy.GetMessages(1) == "odd"
        assert result.messageCount == arcpy.GetMessageCount() == 3
        assert (result.getMessage(1), result.getSeverity(1)) == ("odd", 1)
        assert (arcpy.GetMessage(1), arcpy.GetSeverity(1), arcpy.GetMaxSeverity()) == ("odd", 1, 1)
        with pytest.raises(AttributeError):
            _ = result.ecd
        with pytest.raises(ValueError, match="no output called"):
            result.getOutput("other")

    def test_error_message_and_execute_error(self, tmp_path: Path) -> None:
        call = tool(
            tmp_path,
            parameters="return []",
            execute="messages.addErrorMessage('Wrong.')\nraise arcpy.ExecuteError",
        )
        assert lines_of(call) == ["Wrong.", "Failed to execute (Tool)."]

    def test_an_error_message_alone_fails_the_call(self, tmp_path: Path) -> None:
        call = tool(tmp_path, parameters="return []", execute="arcpy.AddError('Wrong.')")
        assert lines_of(call) == ["Wrong.", "Failed to execute (Tool)."]

    def test_messages_with_a_number_come_from_the_module_too(self, tmp_path: Path) -> None:
        call = tool(
            tmp_path, parameters="return []", execute="arcpy.AddIDMessage('ERROR', 12, 'c:/a')"
        )
        assert lines_of(call)[0] == "ERROR 000012: c:/a already exists"

    def test_without_another_tool_there_are_no_messages_to_add(self, tmp_path: Path) -> None:
        call = tool(
            tmp_path,
            parameters="return []",
            execute="messages.addMessage('once')\nmessages.addGPMessages()",
        )
        assert call().getMessages().split("\n").count("once") == 1

    @pytest.mark.parametrize("error", ["ValueError('x')", "arcpy.ExecuteError"])
    def test_an_exception_shows_its_traceback(self, tmp_path: Path, error: str) -> None:
        lines = lines_of(tool(tmp_path, parameters="return []", execute=f"raise {error}"))
        assert lines[0] == "Traceback (most recent call last):"
        assert lines[-2:] == ["", "Failed to execute (Tool)."]

    def test_post_execute_follows_success_only(self, tmp_path: Path) -> None:
        call = tool(
            tmp_path,
            parameters=_TEXT,
            execute="if parameters[0].value == 'bad':\n    messages.addErrorMessage('Wrong.')",
            after="arcpy.AddMessage('after')",
        )
        assert "after" in call("good").getMessages()
        lines_of(call, "bad")
        assert "after" not in arcpy.GetMessages()

    def test_severity_level_decides_what_raises(self, tmp_path: Path) -> None:
        call = tool(
            tmp_path,
            parameters=_TEXT,
            execute="(arcpy.AddError if parameters[0].value == 'e' else arcpy.AddWarning)('x')",
        )
        assert call("w").status == 4
        arcpy.SetSeverityLevel(1)
        with pytest.raises(arcpy.ExecuteWarning, match="x"):
            call("w")
        arcpy.SetSeverityLevel(0)
        assert call("e").status == 5

    def test_unknown_things_of_arcpy_fail_the_call(self, tmp_path: Path) -> None:
        call = tool(tmp_path, parameters="return []", execute="arcpy.da.Walk('x')")
        assert any("arcpy.da.Walk is not played here" in line for line in lines_of(call))

    def test_a_tool_may_call_another(self, tmp_path: Path) -> None:
        call = tool(
            tmp_path,
            parameters=_TEXT,
            execute="""
            if parameters[0].value == "outer":
                arcpy.tryout.Tool("inner")
                messages.addGPMessages()
            arcpy.AddMessage("this is " + parameters[0].value)
            """,
        )
        said = call("outer").getMessages().split("\n")
        assert said.index("this is inner") < said.index("this is outer")


class TestCancelling:
    _WORK = """
    {0}
    try:
        arcpy.env._cancelled(True)
        arcpy.AddMessage("still here")
        if arcpy.env.isCancelled:
            arcpy.AddMessage("tidied up")
    except Exception:
        arcpy.AddMessage("handled")
    """

    def test_ends_a_tool_at_once_by_default(self, tmp_path: Path) -> None:
        call = tool(tmp_path, parameters="return []", execute=self._WORK.format(""))
        assert lines_of(call)[0] == "Cancelled script Tool..."
        assert "here" not in arcpy.GetMessages()
        assert "handled" not in arcpy.GetMessages()

    def test_leaves_a_tool_time_that_asked_for_it(self, tmp_path: Path) -> None:
        call = tool(
            tmp_path,
            parameters="return []",
            execute=self._WORK.format("arcpy.env.autoCancelling = False"),
        )
        assert lines_of(call)[0] == "Cancelled script Tool..."
        assert "tidied up" in arcpy.GetMessages()


class TestArguments:
    def test_positional_keyword_and_mixed(self, tmp_path: Path, given: str) -> None:
        call, out = tool(tmp_path), str(tmp_path / "b.txt")
        for result in (
            call(given, out),
            call(in_file=given, out_file=out),
            call(given, out_file=out),
            call(Path(given), Path(out)),
        ):
            assert (result.getInput(0), str(result)) == (given, out)

    def test_unknown_or_too_many_are_type_errors(self, tmp_path: Path) -> None:
        call = tool(tmp_path)
        with pytest.raises(TypeError, match=r"Tool\(\).*unexpected keyword argument 'infile'"):
            call(infile="x")
        with pytest.raises(TypeError, match=r"Tool\(\) too many positional arguments"):
            call("a", "b", "c")

    def test_derived_outputs_are_no_arguments(self, tmp_path: Path) -> None:
        call = tool(
            tmp_path,
            parameters="return [arcpy.Parameter('n', 'N', 'Output', 'GPLong', 'Derived')]",
            execute="parameters[0].value = 7",
        )
        assert inspect.signature(call).parameters == {}
        assert str(call()) == "7"

    def test_signature_is_the_parameters(self, tmp_path: Path) -> None:
        call = tool(tmp_path)
        assert str(inspect.signature(call)) == "(in_file=None, out_file=None)"
        assert call.__name__ == "Tool"


class TestDialog:
    def test_validates_after_each_change(self, tmp_path: Path, given: str) -> None:
        dialog = Dialog(
            write_toolbox(
                tmp_path,
                update="""
                if parameters[0].altered and not parameters[0].hasBeenValidated:
                    parameters[1].value = parameters[0].valueAsText + ".txt"
                """,
            ),
            "Tool",
        )
        assert set(dialog.messages()) == {"in_file", "out_file"}
        dialog.fill_in(in_file=given)
        assert dialog.messages() == {}
        assert dialog["out_file"].valueAsText == given + ".txt"
        dialog.fill_in(out_file=given + ".2.txt")
        assert dialog["out_file"].valueAsText == given + ".2.txt"
        assert str(dialog.run()) == given + ".2.txt"

    def test_a_parameter_greyed_out_cant_be_filled_in(self, tmp_path: Path) -> None:
        dialog = Dialog(write_toolbox(tmp_path, update="parameters[0].enabled = False"), "Tool")
        with pytest.raises(ValueError, match="greyed out"):
            dialog.fill_in(in_file="x")

    def test_an_exception_in_validation_is_not_hidden(self, tmp_path: Path) -> None:
        with pytest.raises(ZeroDivisionError):
            Dialog(write_toolbox(tmp_path, judge="1 / 0"), "Tool")


class TestWithoutMethods:
    def test_a_tool_without_validation_or_parameters_runs(self, tmp_path: Path) -> None:
        path = tmp_path / "Bare.pyt"
        path.write_text(
            "class Toolbox:\n"
            "    def __init__(self):\n"
            "        self.label, self.alias, self.tools = 'Bare', 'bare', [Bare]\n"
            "class Bare:\n"
            "    def __init__(self):\n"
            "        self.label = self.description = 'Bare'\n"
            "    def execute(self, parameters, messages):\n"
            "        messages.addMessage(str(parameters))\n"
        )
        arcpy.ImportToolbox(str(path))
        assert "[]" in arcpy.bare.Bare().getMessages()

    @pytest.mark.parametrize("given", ["[1]", "5", "'text'"])
    def test_parameters_are_a_list_of_parameters(self, tmp_path: Path, given: str) -> None:
        with pytest.raises(RuntimeError, match="does not return a list of Parameter"):
            tool(tmp_path, parameters=f"return {given}")

    def test_no_list_is_an_empty_one(self, tmp_path: Path) -> None:
        assert tool(tmp_path, parameters="return None")().maxSeverity == 0

    @pytest.mark.parametrize("raised", ["arcpy.ExecuteError('Said so.')", "arcpy.ExecuteError"])
    def test_execute_error_with_and_without_words(self, tmp_path: Path, raised: str) -> None:
        call = tool(tmp_path, parameters="return None", execute=f"raise {raised}")
        lines = lines_of(call)
        assert ("Said so." in lines) == ("Said" in raised)
        assert any("Traceback" in line for line in lines) == ("Said" not in raised)

    def test_paths_that_no_system_has(self, tmp_path: Path, given: str) -> None:
        long = str(tmp_path / ("n" * 5000) / "b.txt")
        assert any("ERROR 000" in line for line in lines_of(tool(tmp_path), given, long))
        assert any("ERROR 000" in line for line in lines_of(tool(tmp_path), long, given))
