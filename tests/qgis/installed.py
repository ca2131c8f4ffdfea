"""QGIS with the plugin installed from its zip into a fresh profile."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple

import pytest

from dl2ecd_core.qgis.archive import archive_files

PYTHON = "/usr/bin/python3"
#: Debian's wrapper of the same name without .bin can't be started.
PROCESS = "/usr/bin/qgis_process.bin"


def environment_of(folder: Path) -> Dict[str, str]:
    """An environment in which QGIS finds nothing but what lies under this folder."""
    # PYTHONPATH and the like belong to the Python that runs the tests.
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700, exist_ok=True)
    return {
        **kept,
        "QT_QPA_PLATFORM": "offscreen",
        "QGIS_PLUGINPATH": str(folder / "plugins"),
        "QGIS_CUSTOM_CONFIG_PATH": str(folder / "profile"),
        "XDG_RUNTIME_DIR": str(runtime),
        # What a person adds to QGIS's Python comes before its own.
        "PYTHONPATH": str(folder / "packages"),
        # Nothing is to be written elsewhere by accident.
        "HOME": str(folder),
    }


def install(folder: Path) -> None:
    """Put the plugin where QGIS looks, as it does with a zip."""
    for name, data in archive_files({}).items():
        path = folder / "plugins" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


class Qgis:
    """A QGIS in which the plugin is installed and switched on.

    Parameters
    ----------
    folder
        What it may write into.
    """

    def __init__(self, folder: Path) -> None:
        # What the person adds to QGIS.
        self._folder = folder
        self._environment = environment_of(folder)
        self._errors = folder / "errors.txt"
        self._python: Optional[subprocess.Popen[str]] = None
        self.has_onnxruntime = self.has_shapely = False

    def call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Call qgis_process."""
        return self._run([PROCESS, *arguments])

    def process(self, algorithm: str, **parameters: object) -> subprocess.CompletedProcess[str]:
        """Run an algorithm with qgis_process; the results are JSON on standard output."""
        arguments = [f"--{name}={value}" for name, value in parameters.items()]
        return self.call("--json", "run", algorithm, *arguments)

    def script(self, code: str, *arguments: object) -> Any:
        """Run code in QGIS's Python with the provider there; what it gives to ``tell``.

        The code finds its arguments as texts in ``arguments``. All scripts run in one process,
        with names of their own.
        """
        python = self._started()
        assert python.stdin is not None
        assert python.stdout is not None
        python.stdin.write(json.dumps([code, [str(item) for item in arguments]]) + "\n")
        python.stdin.flush()
        for line in python.stdout:
            if line.startswith("@"):
                told: List[Any] = json.loads(line[1:])
                assert told[0], told[1]
                return told[1]
        raise AssertionError(f"QGIS's Python ended:\n{self._errors.read_text()}")

    def has_python(self) -> bool:
        """Whether QGIS can be imported."""
        if not Path(PYTHON).exists():
            return False
        return self._run([PYTHON, "-c", "import qgis.core"]).returncode == 0

    def lend(self, name: str, *more: str) -> bool:
        """Lend QGIS a package of the Python that runs the tests; whether that can be.

        It alone, with the folders of its libraries: QGIS's NumPy stays what it is.
        """
        found = importlib.util.find_spec(name)
        if found is None or found.origin is None:
            return False
        packages = self._folder / "packages"
        packages.mkdir(exist_ok=True)
        folders = [Path(found.origin).parent]
        folders += [folders[0].with_name(one) for one in more]
        made = [packages / folder.name for folder in folders]
        for link, folder in zip(made, folders):
            link.symlink_to(folder)
        works = not self._run([PYTHON, "-c", f"import {name}"]).returncode
        for link in made if not works else []:
            link.unlink()
        return works

    def lend_packages(self) -> None:
        """Lend what runs models and what finds objects."""
        self.has_onnxruntime = self.lend("onnxruntime")
        self.has_shapely = self.lend("shapely", "shapely.libs")

    def _started(self) -> subprocess.Popen[str]:
        if self._python is None:
            with self._errors.open("w") as errors:
                self._python = subprocess.Popen(
                    [PYTHON, "-c", _LISTENING], env=self._environment, stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE, stderr=errors, text=True,
                )  # fmt: skip
        return self._python

    def end(self) -> None:
        """End QGIS's Python."""
        if self._python is not None:
            self._python.communicate(timeout=600)

    def _run(self, command: List[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, env=self._environment, capture_output=True, text=True, timeout=600
        )


#: Runs scripts as they come. It ends without QGIS's farewell, which crashes while layers live.
_LISTENING = """
import json, os, sys, traceback
sys.path[:0] = ["/usr/share/qgis/python/plugins", os.environ["QGIS_PLUGINPATH"]]
from qgis.core import *
from qgis.gui import *
app = QgsApplication([], True)
app.initQgis()
import processing
from processing.core.Processing import Processing
Processing.initialize()
import dl2ecd
plugin = dl2ecd.classFactory(None)
plugin.initProcessing()
for line in sys.stdin:
    code, arguments = json.loads(line)
    told = [True, None]
    def tell(value):
        told[1] = value
    names = {**globals(), "arguments": arguments, "tell": tell}
    try:
        exec(code, names)
    except BaseException:
        told = [False, traceback.format_exc()]
    print("\\n@" + json.dumps(told), flush=True)
os._exit(0)
"""


@contextmanager
def running_qgis() -> Iterator[Qgis]:
    """QGIS with the plugin; the test is skipped where there is none."""
    with tempfile.TemporaryDirectory(prefix="dl2ecd-qgis-") as name:
        qgis = Qgis(Path(name))
        if not Path(PROCESS).exists() or not qgis.has_python():
            pytest.skip("QGIS and its Python are not installed")
        install(Path(name))
        qgis.lend_packages()
        enabled = qgis.call("plugins", "enable", "dl2ecd")
        assert enabled.returncode == 0, enabled.stderr
        try:
            yield qgis
        finally:
            qgis.end()


RUN = """
class Feedback(QgsProcessingFeedback):
    def __init__(self):
        super().__init__(False)
        self.said, self.positions = [], []
    def pushInfo(self, text): self.said.append(["info", text])
    def pushWarning(self, text): self.said.append(["warning", text])
    def reportError(self, text, fatal=False): self.said.append(["error", text])

algorithm, parameters, cancel_at = arguments
feedback = Feedback()
def moved(percent):
    feedback.positions.append(percent)
    if percent >= float(cancel_at):
        feedback.cancel()
feedback.progressChanged.connect(moved)
try:
    results, failed = processing.run(algorithm, json.loads(parameters), feedback=feedback), None
except QgsProcessingException as error:
    results, failed = None, str(error)
tell([results, failed, feedback.said, feedback.positions])
"""


def run(
    qgis: Qgis, algorithm: str, parameters: Dict[str, object], cancel_at: float = 101
) -> Tuple[Dict[str, Any], str, List[List[str]], List[float]]:
    """Run an algorithm as scripts do; its results, why it failed, what was said, the progress."""
    given = {name: str(value) for name, value in parameters.items()}
    results, failed, said, positions = qgis.script(RUN, algorithm, json.dumps(given), cancel_at)
    return results, failed, said, positions
