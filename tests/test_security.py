"""What SECURITY.md promises and no other test shows: nothing runs, blocks, leaks or hides."""

from __future__ import annotations

import ast
import functools
import io
import json
import os
import pickle
import re
import signal
import socket
import struct
import sys
import time
import unicodedata
import zipfile
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Set, Tuple

import pytest

from dl2ecd_core.class_info import examine_class_info
from dl2ecd_core.cli import main
from dl2ecd_core.conversion import convert
from dl2ecd_core.definition import convert_definition
from dl2ecd_core.demo import CLASS_INFO, MODEL, unpack
from dl2ecd_core.ecd.extraction import extract
from dl2ecd_core.ecd.reader import examine_ecd, read_ecd
from dl2ecd_core.ecd.verification import verify_ecd
from dl2ecd_core.examination import check_model
from dl2ecd_core.exports import FORMATS, export
from dl2ecd_core.findings.errors import Dl2EcdError
from dl2ecd_core.findings.rules import finding
from dl2ecd_core.legends import read_legend
from dl2ecd_core.models import inspect_model
from dl2ecd_core.models.companions import parts_of
from dl2ecd_core.pane.speech import sentence
from dl2ecd_core.wire.source import ByteSource
from tests.conftest import FIXTURES, NO_POSIX, TESTS
from tests.exports.definitions import place

PACKAGE = TESTS.parent / "dl2ecd_core"
_LONGEST_SECONDS = 600


@pytest.fixture(autouse=True)
def _alarm() -> Iterator[None]:
    """A read that blocks ends the test instead of waiting for ever."""
    if not hasattr(signal, "SIGALRM"):
        yield
        return

    def ring(*_: object) -> None:
        raise AssertionError("blocked")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(_LONGEST_SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


class TestTheThreatModel:
    def test_every_test_that_it_names_exists(self) -> None:
        text = (PACKAGE / "SECURITY.md").read_text(encoding="utf-8")
        named = re.findall(r"`(tests/[\w/]+\.py)::([\w:]+)`", text)
        assert len(named) > 50
        for file, name in named:
            assert name in _tests_in(TESTS.parent / file), f"{file}::{name}"

    def test_every_row_names_a_test(self) -> None:
        text = (PACKAGE / "SECURITY.md").read_text(encoding="utf-8")
        rows = [line for line in text.splitlines() if re.match(r"\| [^-]", line)]
        rows = [line for line in rows if not line.startswith("| Abuse")]
        assert len(rows) > 30
        assert [line for line in rows if "`tests/" not in line] == []


def _tests_in(file: Path) -> Set[str]:
    """Names of test functions, with their class in front where they have one."""
    found: Set[str] = set()
    for item in ast.parse(file.read_text(encoding="utf-8")).body:
        found |= {getattr(item, "name", "")}
        if isinstance(item, ast.ClassDef):
            found |= {f"{item.name}::{getattr(part, 'name', '')}" for part in item.body}
    return found


@functools.lru_cache(maxsize=1)
def _nodes() -> List[Tuple[str, ast.AST]]:
    """Everything in the package's source, with the file it stands in."""
    return [
        (path.relative_to(PACKAGE).as_posix(), node)
        for path in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    ]


class TestTheCode:
    """What the package's own source may not do at all."""

    FORBIDDEN_MODULES = frozenset(
        """asyncio code codeop cPickle ctypes dill ftplib http imp joblib marshal multiprocessing
        pickle poplib pty requests runpy shelve smtplib socket socketserver ssl subprocess telnetlib
        urllib.request webbrowser xmlrpc xml.etree xml.sax xml.dom""".split()  # noqa: SIM905
    )
    FORBIDDEN_CALLS = frozenset(("eval", "exec", "compile", "__import__", "breakpoint", "input"))
    FORBIDDEN_ATTRIBUTES = frozenset(
        """os.system os.popen os.startfile os.fork os.execv os.execve os.spawnv os.posix_spawn
        numpy.load torch.load etree.XSLT etree.XMLSchema""".split()  # noqa: SIM905
    )
    #: The stand-in for arcpy runs the toolbox that a person hands it, as ArcGIS does.
    RUNS_TOOLBOXES = "headless/_loading.py"
    #: Processes are started in one place, and are Python with a module of this package.
    STARTS_PROCESSES = "running/processes/child.py"
    #: Windows tells how much memory is free by a call of its own; nothing else is called.
    ASKS_WINDOWS = "running/processes/windows_memory.py"
    #: Dask starts the workers of this machine; Python keeps track of them.
    STARTS_WORKERS = "running/cluster/connecting.py"

    def test_imports_nothing_that_executes_or_connects(self) -> None:
        for file, node in _nodes():
            names: List[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            for name in names:
                parts = name.split(".")
                starts = {".".join(parts[:count]) for count in range(1, len(parts) + 1)}
                # It escapes text and parses nothing; and a toolbox's own help is as trusted as
                # the toolbox.
                if name.startswith("xml.sax.saxutils") or file == "headless/_documentation.py":
                    continue
                if (name, file) in (
                    ("subprocess", self.STARTS_PROCESSES),
                    ("ctypes", self.ASKS_WINDOWS),
                    ("multiprocessing.resource_tracker", self.STARTS_WORKERS),
                ):
                    continue
                assert not starts & self.FORBIDDEN_MODULES, f"{file} imports {name}"

    def test_runs_no_text_as_code(self) -> None:
        for file, node in _nodes():
            if not isinstance(node, ast.Call):
                continue
            if isinstance(node.func, ast.Name) and file != self.RUNS_TOOLBOXES:
                assert node.func.id not in self.FORBIDDEN_CALLS, f"{file}: {node.func.id}"
            if isinstance(node.func, ast.Attribute):
                called = ast.unparse(node.func)
                assert called not in self.FORBIDDEN_ATTRIBUTES, f"{file}: {called}"

    def test_imports_by_name_stay_inside_the_package(self) -> None:
        imported = []
        for file, node in _nodes():
            if isinstance(node, ast.Call) and "import_module" in ast.unparse(node.func):
                imported.append(file)
                name, package = node.args
                assert ast.unparse(name).startswith(("f'.", "'.'")), f"{file}: {ast.unparse(name)}"
                assert ast.unparse(package) in ("__package__", "__name__"), file
        assert set(imported) == {
            "__init__.py",
            "cli/group.py",
            "exports/__init__.py",
            "models/flows.py",
            "models/networks.py",
            "models/outlooks.py",
            "models/registry.py",
        }


_CALLED: List[str] = []


class Canary:
    """Sings when it is unpickled."""

    def __reduce__(self) -> Tuple[Callable[..., object], Tuple[str]]:
        return _sing, ("sung",)


def _sing(note: str) -> None:
    _CALLED.append(note)


class FileCanary:
    """Makes a file when it is unpickled, in whatever process."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Tuple[Callable[..., object], Tuple[str]]:
        return os.mkdir, (str(self.path),)


def _zip(**entries: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return out.getvalue()


def _legacy(content: bytes) -> bytes:
    """PyTorch before 1.6: magic number, protocol, system, object, keys of the storages."""
    system = {"protocol_version": 1001, "little_endian": True, "type_sizes": {}}
    parts = [pickle.dumps(part, 2) for part in (0x1950A86A20F9469CFC6C, 1001, system)]
    return b"".join(parts) + content + pickle.dumps([], 2)


def _npy(content: bytes) -> bytes:
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n"
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(header)) + header + content


_WRAPPED: Dict[str, Callable[[bytes], bytes]] = {
    "plain.pkl": lambda content: content,
    "protocol_0.pt": lambda content: content,
    "state.pdparams": lambda content: content,
    "weights.pth": lambda content: _zip(**{"archive/data.pkl": content, "archive/version": b"3\n"}),
    "scripted.pt": lambda content: _zip(
        **{
            "m/data.pkl": content,
            "m/constants.pkl": content,
            "m/code/__torch__.py": b"",
            "m/version": b"3\n",
        }
    ),
    "exported.pt2": lambda content: _zip(
        **{"models/model.json": b"{}", "data/weights/model.pt": content, "archive_format": b"pt2"}
    ),
    "legacy.pth": _legacy,
    "model.keras": lambda content: _zip(
        **{"config.json": b"{}", "metadata.json": b"{}", "hidden.bin": content}
    ),
    "arrays.npz": lambda content: _zip(**{"a.npy": _npy(content)}),
    "array.npy": _npy,
    "package.dlpk": lambda content: _zip(
        **{
            "a.emd": json.dumps({"Framework": "PyTorch", "ModelFile": "a.pth"}).encode(),
            "a.pth": _zip(**{"archive/data.pkl": content, "archive/version": b"3\n"}),
        }
    ),
}


class TestNothingIsExecuted:
    @pytest.mark.parametrize("name", list(_WRAPPED))
    def test_pickles_are_not_loaded_wherever_they_hide(self, tmp_path: Path, name: str) -> None:
        trace = tmp_path / "sung"
        protocol = 0 if name == "protocol_0.pt" else 2
        for bait in (Canary(), {"weight": FileCanary(trace)}):
            model = tmp_path / name
            model.write_bytes(_WRAPPED[name](pickle.dumps(bait, protocol)))
            _try(inspect_model, model)
            _try(check_model, model, tmp_path / "none.json")
            _try(convert, model, _classes(tmp_path), tmp_path / "a.ecd")
            _try(convert_definition, model, tmp_path / "a.ecd")
            _try(read_legend, model)
        assert _CALLED == []
        assert not trace.exists()

    def test_the_canaries_would_sing(self, tmp_path: Path) -> None:
        pickle.loads(pickle.dumps(FileCanary(tmp_path / "sung"), 2))
        assert (tmp_path / "sung").exists()
        pickle.loads(pickle.dumps(Canary(), 2))
        assert _CALLED.pop() == "sung"

    def test_names_in_definitions_are_never_imported(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        unpack(tmp_path)
        trace = tmp_path / "imported"
        (tmp_path / "evil.py").write_text(f"import os\nos.mkdir({str(trace)!r})\n")
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.chdir(tmp_path)
        classes = json.loads((tmp_path / CLASS_INFO).read_text())["Classes"]
        for framework in ("evil", "os", "..evil", "evil:main"):
            definition = {
                "Framework": framework,
                "ModelConfiguration": "evil",
                "InferenceFunction": "evil.py",
                "ModelFile": MODEL,
                "ExtractBands": [0, 1, 2, 3],
                "Classes": classes,
            }
            (tmp_path / "a.emd").write_text(json.dumps(definition))
            _try(convert_definition, tmp_path / "a.emd", tmp_path / "a.ecd")
            _try(verify_ecd, tmp_path / "a.ecd")
            for name in FORMATS:
                out = place(tmp_path, name, "b")
                _try(
                    lambda name=name, out=out: export(read_ecd("a.ecd"), name, out, overwrite=True)
                )
        assert "evil" not in sys.modules
        assert not trace.exists()
        with zipfile.ZipFile(tmp_path / "b.dlpk") as package:
            assert "evil.py" in package.namelist(), "it was packed, and looked at no further"


def _try(action: Callable[..., object], *arguments: object) -> None:
    try:
        action(*arguments)
    except Dl2EcdError as error:
        assert str(error)


def _classes(folder: Path) -> Path:
    path = folder / CLASS_INFO
    if not path.exists():
        unpack(folder)
    return path


def _open_definition(path: Path) -> object:
    return convert_definition(path, "unused.ecd")


_READERS: Dict[str, Callable[[Path], object]] = {
    "model": inspect_model,
    "class information": lambda path: examine_class_info(path).findings,
    "ecd": lambda path: examine_ecd(path)[1],
    "verified ecd": lambda path: verify_ecd(path)[1],
    "definition": _open_definition,
    "legend": read_legend,
}


@pytest.mark.skipif(NO_POSIX, reason="pipes and devices have no such paths there")
@pytest.mark.parametrize("reader", list(_READERS))
class TestWhatIsNoFile:
    """Opening must not wait, act or read without an end."""

    def message(self, reader: str, path: Path) -> str:
        try:
            result: Any = _READERS[reader](path)
        except Dl2EcdError as error:
            return error.findings[0].message
        return str(result[0].message)

    def test_a_pipe(self, tmp_path: Path, reader: str) -> None:
        os.mkfifo(tmp_path / "pipe")
        assert "a pipe" in self.message(reader, tmp_path / "pipe")

    def test_a_link_to_a_pipe(self, tmp_path: Path, reader: str) -> None:
        os.mkfifo(tmp_path / "pipe")
        (tmp_path / "link").symlink_to("pipe")
        assert "a pipe" in self.message(reader, tmp_path / "link")

    @pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/random", "/dev/tty"])
    def test_a_device(self, reader: str, device: str) -> None:
        if not Path(device).exists():
            pytest.skip(f"no {device}")
        assert "device" in self.message(reader, Path(device))

    def test_a_socket(self, tmp_path: Path, reader: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind("socket")
            assert "not a file" in self.message(reader, tmp_path / "socket")

    @pytest.mark.parametrize("name", ["/proc/kmsg", "/proc/self/mem", "/proc/self/environ"])
    def test_the_systems_own_files(self, reader: str, name: str) -> None:
        if not Path(name).exists():
            pytest.skip(f"no {name}")
        message = self.message(reader, Path(name))
        assert "empty" in message or "can't be read" in message

    def test_a_link_that_leads_to_itself(self, tmp_path: Path, reader: str) -> None:
        (tmp_path / "loop").symlink_to("loop")
        assert "can't be read" in self.message(reader, tmp_path / "loop")

    @pytest.mark.parametrize("name", ["a\0b", "x" * 300, "x/" * 3000, ""])
    def test_a_path_that_no_file_can_have(self, reader: str, name: str) -> None:
        assert self.message(reader, name)  # type: ignore[arg-type]


@pytest.mark.skipif(NO_POSIX, reason="there are no such pipes there")
class TestPipesBesideAModel:
    @pytest.mark.parametrize(
        ("model", "beside"),
        [
            ("darknet/detector.weights", "detector.cfg"),
            ("darknet/detector.weights", "trees.names"),
            ("caffe/fcn.caffemodel", "fcn.prototxt"),
            ("openvino/argmax.xml", "argmax.bin"),
            ("mxnet/scene-0001.params", "scene-symbol.json"),
            ("onnx/external.onnx", "external.onnx.data"),
            ("coreml/program.mlpackage", "Manifest.json"),
        ],
    )
    def test_are_not_opened(self, tmp_path: Path, model: str, beside: str) -> None:
        import shutil

        family = model.split("/")[0]
        shutil.copytree(FIXTURES / family, tmp_path / family)
        primary = tmp_path / model
        pipe = (primary if primary.is_dir() else primary.parent) / beside
        pipe.unlink()
        os.mkfifo(pipe)
        _try(inspect_model, primary)

    def test_a_referenced_model_that_became_a_pipe(self, tmp_path: Path) -> None:
        unpack(tmp_path)
        convert(tmp_path / MODEL, tmp_path / CLASS_INFO, tmp_path / "a.ecd", storage="referenced")
        (tmp_path / MODEL).unlink()
        os.mkfifo(tmp_path / MODEL)
        assert "a pipe" in verify_ecd(tmp_path / "a.ecd")[1][0].message
        with pytest.raises(Dl2EcdError, match="a pipe"):
            extract(read_ecd(tmp_path / "a.ecd"), tmp_path / "out")


class TestReferencedFiles:
    def test_none_is_taken_without_its_digest(self, tmp_path: Path) -> None:
        """Otherwise an .ecd could name any file of this machine as its model."""
        unpack(tmp_path)
        convert(tmp_path / MODEL, tmp_path / CLASS_INFO, tmp_path / "a.ecd", storage="referenced")
        document = json.loads((tmp_path / "a.ecd").read_text())
        secret = tmp_path / "secret"
        secret.write_text("secret")
        document["ModelFile"] = "../" + tmp_path.name + "/secret"
        entry = document["Definitions"][0]["Model"]["Files"][0]
        for digest in (None, "", 5, "0" * 63, "0" * 64):
            entry.update(Path="secret", Size=6, SHA256=digest)
            (tmp_path / "b.ecd").write_text(json.dumps(document))
            for name in ("dlpk", "emd", "stac"):
                with pytest.raises(Dl2EcdError):
                    export(read_ecd(tmp_path / "b.ecd"), name, place(tmp_path / "out", name, "c"))
            with pytest.raises(Dl2EcdError):
                extract(read_ecd(tmp_path / "b.ecd"), tmp_path / "out")
        out = tmp_path / "out"
        assert not out.exists() or not list(out.iterdir())


class TestManyCompanions:
    def test_a_model_of_more_files_than_any_is_refused_before_they_are_looked_for(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "a.onnx").write_bytes(b"\0")
        with ByteSource(tmp_path / "a.onnx") as source:
            files, missing = parts_of(source, (f"{number}.bin" for number in range(100)))
            assert (len(files), len(missing)) == (1, 100)
            with pytest.raises(Dl2EcdError, match="more than 10000 other files"):
                parts_of(source, (f"{number}.bin" for number in range(10_001)))


class TestEndlessDocuments:
    @pytest.mark.parametrize("deep", ["[" * 900 + "]" * 900, '{"a":' * 900 + "1" + "}" * 900])
    def test_an_ecd_that_nests_deep_is_refused_before_it_is_used(
        self, tmp_path: Path, deep: str
    ) -> None:
        unpack(tmp_path)
        convert(tmp_path / MODEL, tmp_path / CLASS_INFO, tmp_path / "a.ecd")
        text = (tmp_path / "a.ecd").read_text()
        (tmp_path / "a.ecd").write_text(
            text.replace('"ExtraInfo": {', f'"ExtraInfo": {{"deep": {deep},', 1)
        )
        assert [item.rule for item in examine_ecd(tmp_path / "a.ecd")[1]] == ["ecd-not-readable"]

    @pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999"])
    def test_an_ecd_with_numbers_that_json_has_not(self, tmp_path: Path, number: str) -> None:
        path = tmp_path / "a.ecd"
        path.write_text(f'{{"EsriClassifierDefinitionFile": 0, "x": {number}}}')
        assert examine_ecd(path)[1][0].rule.startswith("json-n")

    def test_an_ecd_of_nothing_but_files(self, tmp_path: Path) -> None:
        path = tmp_path / "a.ecd"
        entries = ",".join(['{"Data":""}'] * 200_000)
        path.write_text(f'{{"EsriClassifierDefinitionFile":0,"x":[{entries}]}}')
        started = time.process_time()
        assert "12000 keys 'Data'" in examine_ecd(path)[1][0].message
        assert time.process_time() - started < 10

    def test_a_number_of_a_million_digits(self, tmp_path: Path) -> None:
        for number in ("9" * 1_000_000, "9" * 1_000_000 + "x", "1_" * 500_000):
            path = tmp_path / "a.json"
            path.write_text(f'{{"EsriClassifierDefinitionFile": {number}}}')
            assert examine_class_info(path).findings
            assert examine_ecd(path)[1]


_HARMFUL = "\x1b[31m\x1b]0;own\x07\x9b2J\u202egnp\u2066\u200b\r\b\ud800"
_UNPRINTABLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def _disguises(text: str) -> List[str]:
    return [
        f"U+{ord(letter):04X}"
        for letter in text
        if letter not in "\n\t" and unicodedata.category(letter) in _UNPRINTABLE
    ]


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose model, classes and files have names that play with the terminal."""
    model = (FIXTURES / "onnx" / "argmax.onnx").read_bytes()
    # The names are as long as those they replace, so that the file stays whole.
    model = model.replace(b"image", b"\x1b[31m").replace(b"classes", b"\xe2\x80\xae\x1b[7m")
    (tmp_path / "m\u202e.onnx").write_bytes(model)
    document = {
        "ImportDeepLearningModelToEsriExtraInfo": 0,
        "Version": 1,
        "Classifier": _HARMFUL,
        "NumberRasterBands": 3,
        "Classes": [
            {"Value": value, "Name": f"{value}{_HARMFUL}", "Color": [value, 2, 3]}
            for value in range(5)
        ],
        _HARMFUL: _HARMFUL,
        "ModelName": _HARMFUL,
    }
    (tmp_path / "c\u202e.json").write_text(json.dumps(document))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.skipif(NO_POSIX, reason="such names of files are not possible there")
class TestNamesThatPlayWithTheTerminal:
    MODEL, CLASSES = "m\u202e.onnx", "c\u202e.json"

    def run(self, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
        capsys.readouterr()
        with pytest.raises(SystemExit):
            main(list(arguments))
        out, err = capsys.readouterr()
        return out + err

    def test_no_command_prints_them_as_they_are(
        self, hostile: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        ecd = "o\x1b[31m.ecd"
        convert(hostile / self.MODEL, hostile / self.CLASSES, hostile / ecd)
        commands = [
            ("inspect", self.MODEL),
            ("check", self.MODEL, self.CLASSES),
            ("convert", self.MODEL, self.CLASSES, "p\x1b[31m.ecd"),
            ("convert", self.MODEL, self.CLASSES, "no\x1b[31m/p.ecd"),
            ("init", self.MODEL, "i\x1b[31m.json"),
            ("init", self.MODEL, "j.json", "--from", ecd),
            ("show", ecd),
            ("verify", ecd),
            ("extract", ecd, "x\x1b[31m"),
            ("extract", ecd, "x\x1b[31m"),
            *(("export", ecd, f"e\x1b[31m.{name}", "--to", name) for name in FORMATS),
            ("inspect", "gone\x1b[31m"),
            ("show", "gone\x1b[31m"),
        ]
        for arguments in commands:
            for options in ((), ("--json",)):
                said = self.run(capsys, *arguments, *options)
                assert _disguises(said) == [], (arguments, said)

    def test_the_pane_says_them_harmlessly(self, hostile: Path) -> None:
        found = check_model(hostile / self.MODEL, hostile / self.CLASSES)
        assert len(found) > 1
        assert [_disguises(sentence(item)) for item in found] == [[]] * len(found)

    def test_a_message_is_harmless_even_where_its_author_forgot(self) -> None:
        item = finding("model-damaged", f"The name {_HARMFUL}.", hint=_HARMFUL)
        assert _disguises(item.message + item.hint) == []
