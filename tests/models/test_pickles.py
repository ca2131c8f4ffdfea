"""What is said about a pickle: known names, others by name, or that it can't be told."""

from __future__ import annotations

import _compat_pickle
from pathlib import Path
from typing import List, Tuple

import pytest

from dl2ecd_core.findings import Finding
from dl2ecd_core.models.pickle_names import _KNOWN, is_known, runs_code
from dl2ecd_core.models.pickles import pickle_findings, refused_pickle
from dl2ecd_core.wire.pickle import walk_pickle
from dl2ecd_core.wire.source import ByteSource


def findings(folder: Path, data: bytes) -> List[Finding]:
    path = folder / "x.pkl"
    path.write_bytes(data)
    with ByteSource(path, "x.pkl") as source:
        return list(pickle_findings(source, [walk_pickle(source)]))


def split(path: str) -> Tuple[str, str]:
    """Module and name, as an honest pickle has them."""
    module, _, name = path.rpartition(".")
    return module, name


def test_known_names_are_listed(tmp_path: Path) -> None:
    (only,) = findings(tmp_path, b"ccollections\nOrderedDict\n)R.")
    assert only.rule == "pickle-known-globals"
    assert "'collections.OrderedDict'" in only.message


def test_a_pickle_of_data_imports_nothing(tmp_path: Path) -> None:
    (only,) = findings(tmp_path, b"]N.")
    assert (only.rule, only.message) == (
        "pickle-known-globals",
        "The pickles in the file import nothing.",
    )


def test_other_names_are_named(tmp_path: Path) -> None:
    (only,) = findings(tmp_path, b"clandcover\nUNet\n)\x81.")
    assert only.rule == "pickle-unlisted-globals"
    assert "'landcover.UNet'" in only.message


def test_running_commands_is_an_error(tmp_path: Path) -> None:
    rules = {item.rule: item for item in findings(tmp_path, b"cposix\nsystem\n(S'ls'\ntR.")}
    assert set(rules) == {"pickle-runs-code", "pickle-unlisted-globals"}
    assert rules["pickle-runs-code"].severity.value == "error"
    assert "'posix.system'" in rules["pickle-runs-code"].message


def test_a_pickle_that_can_not_be_followed_is_not_analysed(tmp_path: Path) -> None:
    (only,) = findings(tmp_path, b"\x80\x02\x82\x07.")
    assert only.rule == "pickle-not-analysed"
    assert "private register" in only.message


def test_terminal_codes_in_names_are_escaped(tmp_path: Path) -> None:
    (only,) = findings(tmp_path, b"ca\x1b[31m\nb\n.")
    assert "\x1b" not in only.message


@pytest.mark.parametrize(
    "data", [b"]N.", b"clandcover\nUNet\n.", b"cposix\nsystem\n)R.", b"\x80\x02\x82\x07.", b"]"]
)
def test_nothing_is_ever_called_safe(tmp_path: Path, data: bytes) -> None:
    for item in findings(tmp_path, data):
        text = f"{item.message} {item.hint}".lower().replace("safetensors", "")
        assert "safe" not in text


@pytest.mark.parametrize(
    "path",
    [
        "collections.OrderedDict",
        "torch._utils._rebuild_tensor_v2",
        "torch.FloatStorage",
        "torch.cuda.HalfStorage",
        "torch.bfloat16",
        "torch.float8_e4m3fn",
        "torch.qint8",
        "torch.nn.modules.conv.Conv2d",
        "torch.nn.parameter.Parameter",
        "numpy._core.multiarray.scalar",
        "pathlib.PosixPath",
        "__builtin__.set",
    ],
)
def test_what_weights_and_layers_need_is_known(path: str) -> None:
    assert is_known(*split(path))
    assert not runs_code(*split(path))


@pytest.mark.parametrize(
    "path",
    [
        "torch.load",
        "torch.hub.load",
        "torch.nn.modules.module.os.system",
        "torch.nn.modules.Xconv.torch.load",
        "torch.FloatStorage.from_file",
        "torch.storage._load_from_bytes",
        "builtins.getattr",
        "numpy.load",
        "numpy.testing._private.utils.runstring",
        "collections.OrderedDict.evil",
    ],
)
def test_everything_else_is_not(path: str) -> None:
    assert not is_known(*split(path))


@pytest.mark.parametrize(
    ("module", "name"),
    [
        # One looks like layers of PyTorch, the other is looked up behind them.
        ("torch.ao.nn.quantized.modules", "torch.cuda._memory_viz.subprocess.Popen"),
        ("torch.nn.modules.conv", "Conv2d.forward.__globals__"),
        ("torch.nn", "modules.conv.Conv2d"),
        ("torch", "nn.modules.conv.Conv2d"),
        ("collections", "OrderedDict.fromkeys"),
        ("torch.jit._pickle", "__loader__.set_data"),
        ("torch.nn.modules.module", "F"),
        ("torch.nn.modules.evil", "Conv2d"),
        ("torch.nn.quantized.functional", "conv2d"),
        ("torch", "float_power"),
        ("torch", "complex"),
        ("torch._utils", "_rebuild_evil"),
        ("", "collections.OrderedDict"),
        ("collections.OrderedDict", ""),
    ],
)
def test_nothing_is_known_by_the_look_of_it(module: str, name: str) -> None:
    assert not is_known(module, name)


def test_what_is_known_by_its_old_name_is_known_by_its_new_one() -> None:
    """Protocols 0 to 2 hold names of Python 2, which Python 3 translates before it imports."""
    for module, names in _KNOWN.items():
        for name in names:
            old = _compat_pickle.NAME_MAPPING.get((module, name))
            new = old or (_compat_pickle.IMPORT_MAPPING.get(module, module), name)
            assert is_known(*new), (module, name, new)


def test_a_known_name_does_not_hide_another_of_the_same_path(tmp_path: Path) -> None:
    both = b"ctorch.nn.modules.conv\nConv2d\nctorch.nn\nmodules.conv.Conv2d\n."
    (only,) = findings(tmp_path, both)
    assert only.rule == "pickle-unlisted-globals"


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("torch.cuda", "_memory_viz.subprocess.Popen"),
        ("torch.nn.modules.module", "os.system"),
        ("collections", "a.b.os.popen.write"),
        ("os", "system.__call__"),
        ("os", "execvpe"),
        ("ctypes.util", "find_library"),
        ("torch.storage", "_load_from_bytes"),
    ],
)
def test_what_runs_code_is_found_behind_other_names(module: str, name: str) -> None:
    assert runs_code(module, name)


@pytest.mark.parametrize(
    ("module", "name"), [("nets.code", "UNet"), ("codes", "Names"), ("os", "getcwd"), ("os", "")]
)
def test_what_only_sounds_like_it_is_not(module: str, name: str) -> None:
    assert not runs_code(module, name)


@pytest.mark.parametrize(
    "path",
    [
        "os.system",
        "nt.system",
        "posix.execve",
        "subprocess.Popen",
        "builtins.eval",
        "__builtin__.exec",
        "runpy._run_code",
        "importlib.import_module",
    ],
)
def test_what_runs_code_is_told_apart(path: str) -> None:
    assert runs_code(*split(path))


def test_a_refused_pickle_names_what_it_would_import(tmp_path: Path) -> None:
    path = tmp_path / "x.model"
    path.write_bytes(b"cposix\nsystem\n)R.")
    with ByteSource(path, "x.model") as source:
        error = refused_pickle(source, "a Python pickle", [walk_pickle(source)])
    assert error.finding.rule == "model-unsupported"
    assert "loading it would import 'posix.system'" in error.finding.message
    assert "pickle-runs-code" in [item.rule for item in error.findings]
