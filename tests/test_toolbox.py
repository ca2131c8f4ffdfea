"""DeepLearningTools.pyt: what ArcGIS shows of it, and how it opens when something is missing."""

from __future__ import annotations

import ast
import importlib.metadata
import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, Callable, Dict, List, Tuple

import pytest

import dl2ecd_core.headless as arcpy
import dl2ecd_core.version
from dl2ecd_core.demo import CLASS_INFO, MODEL, unpack
from dl2ecd_core.headless._dialog import Dialog
from dl2ecd_core.headless._loading import LoadedToolbox, standing_in
from dl2ecd_core.headless._log import Log, Messages
from dl2ecd_core.headless._running import parameters_of

from .toolboxes import REAL, TOOL, fresh_arcpy, needs_no_arcgis, needs_what_pro_brings

__all__ = ["fresh_arcpy"]

pytestmark = [needs_no_arcgis, pytest.mark.usefixtures("fresh_arcpy")]


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    unpack(tmp_path)
    return tmp_path


class TestDefinition:
    def test_toolbox(self) -> None:
        toolbox = LoadedToolbox(REAL)
        assert toolbox.label == "Deep Learning Tools"
        assert toolbox.alias == "deeplearningtools"
        assert [tool.__name__ for tool in toolbox.tools] == [
            TOOL,
            "ClassifyRasterUsingEcd",
            "DetectObjectsUsingEcd",
        ]

    def test_three_file_parameters_as_esri_names_them(self) -> None:
        with standing_in():
            found = parameters_of(LoadedToolbox(REAL).tool(TOOL))
        assert [(item.name, item.displayName, item.direction) for item in found] == [
            ("in_deep_learning_model", "Input Deep Learning Model File", "Input"),
            ("in_classification_info_json", "Input Esri Extra Info File", "Input"),
            ("out_classifier_definition", "Output Classifier Definition File", "Output"),
        ]
        assert {item.datatype for item in found} == {"File"}
        assert {item.parameterType for item in found} == {"Required"}
        assert [item.filter.list for item in found] == [[], ["json"], ["ecd"]]

    def test_needs_no_licence(self) -> None:
        with standing_in():
            tool: Any = LoadedToolbox(REAL).tool(TOOL)()
            assert tool.isLicensed() is True

    def test_does_nothing_special_when_run_as_main(self) -> None:
        # ArcGIS Pro loads toolboxes under that name.
        assert "__main__" not in REAL.read_text(encoding="utf-8")

    def test_is_plain_utf_8(self) -> None:
        assert REAL.read_bytes().decode("utf-8").isascii()

    def test_imports_the_package_inside_functions_only(self) -> None:
        # Refresh in ArcGIS Pro reloads this file alone.
        tree = ast.parse(REAL.read_text(encoding="utf-8"))
        top = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
        assert "dl2ecd_core" not in "".join(ast.unparse(node) for node in top)

    def test_belongs_to_this_version(self) -> None:
        tree = ast.parse(REAL.read_text(encoding="utf-8"))
        (version,) = [
            ast.literal_eval(node.value)
            for node in tree.body
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "EXPECTED_VERSION"
        ]
        assert version == dl2ecd_core.version.__version__


def test_the_package_can_be_imported_once_the_toolbox_is_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    elsewhere = [path for path in sys.path if Path(path).absolute() != REAL.parent]
    monkeypatch.setattr(sys, "path", elsewhere)
    LoadedToolbox(REAL)
    LoadedToolbox(REAL)
    assert sys.path.count(str(REAL.parent)) == 1


def test_a_run_that_wrote_nothing_raises(demo: Path) -> None:
    with standing_in():
        tool_class: Any = LoadedToolbox(REAL).tool(TOOL)
        parameters = parameters_of(tool_class)
        for parameter, name in zip(parameters, ("no.model", CLASS_INFO, "a.ecd")):
            parameter._assign(str(demo / name))
        with pytest.raises(arcpy.ExecuteError):
            tool_class().execute(parameters, Messages(Log()))


def _pretend_version(patched: pytest.MonkeyPatch) -> None:
    patched.setattr(dl2ecd_core.version, "__version__", "0.9.0")


def _without(name: str) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda patched: patched.setitem(sys.modules, name, None)


def _old_jsonschema(patched: pytest.MonkeyPatch) -> None:
    real = importlib.metadata.version
    patched.setattr(
        importlib.metadata,
        "version",
        lambda name: "3.2.0" if name == "jsonschema" else real(name),
    )


OBSTACLES: List[Tuple[str, Callable[[pytest.MonkeyPatch], None], List[str]]] = [
    (
        "package",
        _without("dl2ecd_core.version"),
        ["dl2ecd_core could not be loaded", "belongs beside DeepLearningTools.pyt", "Refresh"],
    ),
    (
        "version",
        _pretend_version,
        [
            f"belongs to dl2ecd {dl2ecd_core.version.__version__}, but dl2ecd 0.9.0 is loaded from",
            "restart ArcGIS Pro",
        ],
    ),
    (
        "jsonschema",
        _without("jsonschema"),
        ["package jsonschema is missing", "Package Manager", "restart"],
    ),
    ("lxml", _without("lxml"), ["package lxml is missing", "Package Manager"]),
    ("old", _old_jsonschema, ["jsonschema 3.2.0 is too old: 4.16 or later", "3.1 and later"]),
]


@pytest.mark.parametrize(
    ("break_it", "said"),
    [item[1:] for item in OBSTACLES],
    ids=[item[0] for item in OBSTACLES],
)
class TestSomethingIsMissing:
    def test_the_dialog_opens_and_says_what(
        self,
        monkeypatch: pytest.MonkeyPatch,
        break_it: Callable[[pytest.MonkeyPatch], None],
        said: List[str],
    ) -> None:
        with monkeypatch.context() as patched:
            break_it(patched)
            dialog = Dialog(REAL, TOOL)
            severity, text = dialog.messages()["in_deep_learning_model"]
        assert severity == 2
        for words in said:
            assert words in text
        assert "Traceback" not in text

    def test_a_script_is_told_and_nothing_is_written(
        self,
        demo: Path,
        monkeypatch: pytest.MonkeyPatch,
        break_it: Callable[[pytest.MonkeyPatch], None],
        said: List[str],
    ) -> None:
        arcpy.ImportToolbox(REAL)
        with monkeypatch.context() as patched:
            break_it(patched)
            with pytest.raises(arcpy.ExecuteError) as raised:
                call(demo)
        for words in said:
            assert words in str(raised.value)
        assert not (demo / "a.ecd").exists()

    def test_executing_all_the_same_says_it_too(
        self,
        demo: Path,
        monkeypatch: pytest.MonkeyPatch,
        break_it: Callable[[pytest.MonkeyPatch], None],
        said: List[str],
    ) -> None:
        with standing_in():
            tool: Any = LoadedToolbox(REAL).tool(TOOL)()
            errors: List[str] = []
            messages = ModuleType("messages")
            messages.addErrorMessage = errors.append
            with monkeypatch.context() as patched:
                break_it(patched)
                with pytest.raises(arcpy.ExecuteError):
                    tool.execute([], messages)
        (text,) = errors
        for words in said:
            assert words in text

    @needs_what_pro_brings
    def test_works_again_once_mended(
        self,
        demo: Path,
        monkeypatch: pytest.MonkeyPatch,
        break_it: Callable[[pytest.MonkeyPatch], None],
        said: List[str],
    ) -> None:
        arcpy.ImportToolbox(REAL)
        with monkeypatch.context() as patched:
            break_it(patched)
            with pytest.raises(arcpy.ExecuteError):
                call(demo)
        assert call(demo).status == 4


def call(folder: Path) -> Any:
    return arcpy.deeplearningtools.DeepLearningModelToEcd(
        str(folder / MODEL), str(folder / CLASS_INFO), str(folder / "a.ecd")
    )


#: Another arcpy than the stand-in, with what the toolbox needs when it opens and nothing else.
_BARE_ARCPY = """
class ExecuteError(Exception):
    pass

class _Filter:
    list = None

class Parameter:
    def __init__(self, **given):
        vars(self).update(given, value=None, valueAsText=None, errors=[])
        self.filter = _Filter()
    def setErrorMessage(self, text):
        self.errors.append(text)
"""

_OPEN = """
import json, sys
# ArcGIS has no package that is installed to be edited, which would mend every other one.
sys.meta_path[:] = [item for item in sys.meta_path if "editable" not in repr(item).lower()]
path = sys.argv[1]
namespace = {"__name__": "__main__", "__file__": path}
for _ in range(3):
    exec(compile(open(path, "rb").read(), path, "exec"), namespace)
    toolbox = namespace["Toolbox"]()
    tool = toolbox.tools[0]()
    parameters = tool.getParameterInfo()
    tool.updateParameters(parameters)
    if sys.argv[2] == "broken":
        tool.updateMessages(parameters)
heavy = [name for name in ("jsonschema", "lxml", "dl2ecd_core.models") if name in sys.modules]
print(json.dumps({"errors": parameters[0].errors, "path": sys.path, "heavy": heavy}))
"""


class TestAlone:
    """In a process of its own, as ArcGIS opens it."""

    def opened(self, toolbox: Path, work: Path, *how: str) -> Dict[str, Any]:
        (work / "arcpy.py").write_text(_BARE_ARCPY)
        (work / "open.py").write_text(_OPEN)
        done = subprocess.run(
            [sys.executable, str(work / "open.py"), str(toolbox), *(how or ("",))],
            capture_output=True,
            text=True,
            check=True,
            cwd=work,
            env={"PYTHONPATH": str(work), "SYSTEMROOT": "C:\\Windows"},
        )
        assert done.stderr == ""
        return dict(json.loads(done.stdout))

    def test_finds_the_package_beside_it_and_loads_nothing_heavy(self, tmp_path: Path) -> None:
        said = self.opened(REAL, tmp_path)
        assert said["path"].count(str(REAL.parent)) == 1
        assert said["heavy"] == []

    def test_with_half_of_the_package(self, tmp_path: Path) -> None:
        folder = tmp_path / "Somewhere else (größer)"
        (folder / "dl2ecd_core").mkdir(parents=True)
        (folder / "dl2ecd_core" / "__init__.py").touch()
        shutil.copy(REAL, folder)
        said = self.opened(folder / REAL.name, tmp_path, "broken")
        (text,) = said["errors"]
        assert text.startswith("The folder dl2ecd_core could not be loaded (")
        assert str(folder) in text
