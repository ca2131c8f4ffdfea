"""PyTorch files made by hand: hostile, incomplete, large, or of other kinds."""

from __future__ import annotations

import io
import json
import pickle
import time
import zipfile
from pathlib import Path
from typing import Any, Dict, List

import pytest

from dl2ecd_core.findings import Severity
from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models import inspect_model
from tests.conftest import FIXTURES
from tests.work import reads

EVIL = b"\x80\x02}X\x06\0\0\0weightcposix\nsystem\nX\x04\0\0\0true\x85Rs."


def archive(path: Path, entries: Dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as writer:
        for name, content in entries.items():
            writer.writestr(name, content)
    return path


def changed(path: Path, name: str, folder: Path, **entries: Any) -> Path:
    """A copy of an archive with entries replaced (bytes) or left out (None)."""
    kept: Dict[str, bytes] = {}
    with zipfile.ZipFile(path) as old:
        for item in old.namelist():
            short = item.partition("/")[2]
            content = entries.get(short.replace(".", "_").replace("/", "_"), old.read(item))
            if content is not None:
                kept[item] = content
    return archive(folder / name, kept)


def test_a_harmful_pickle_is_described_and_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "x.pth", {"archive/data.pkl": EVIL, "archive/version": b"3\n"})
    description = inspect_model(path)
    assert description.format == "pytorch-zip"
    (item,) = [item for item in description.findings if item.severity is Severity.ERROR]
    assert (item.rule, "'posix.system'" in item.message) == ("pickle-runs-code", True)


def test_a_plain_harmful_pickle_is_named_with_its_imports(tmp_path: Path) -> None:
    path = tmp_path / "x.pth"
    path.write_bytes(EVIL)
    with pytest.raises(ModelFileError, match=r"plain Python pickle.*'posix.system'") as caught:
        inspect_model(path)
    rules = [item.rule for item in caught.value.findings]
    assert rules[:2] == ["model-unsupported", "pickle-runs-code"]


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_plain_pickle_is_named(tmp_path: Path, protocol: int) -> None:
    path = tmp_path / "x.model"
    path.write_bytes(pickle.dumps({"coef": [1.0, 2.0]}, protocol))
    with pytest.raises(ModelFileError, match="a plain Python pickle; it imports nothing"):
        inspect_model(path)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"csklearn.linear_model\nRidge\n)R.", "a scikit-learn-like model"),
        (
            b"\x80\x02cnets\nUNet\n)\x81}(X\x0b\0\0\0_parameters}X\x08\0\0\0_modules}ub.",
            "a PyTorch module, not written by torch.save",
        ),
        (b"\x80\x02cnets\nUNet\n)\x81.", "a plain Python pickle of a 'nets.UNet'"),
    ],
)
def test_what_a_plain_pickle_holds_is_named(tmp_path: Path, data: bytes, what: str) -> None:
    path = tmp_path / "x.model"
    path.write_bytes(data)
    with pytest.raises(ModelFileError) as caught:
        inspect_model(path)
    assert caught.value.finding.rule == "model-unsupported"
    assert what in caught.value.finding.message


@pytest.mark.parametrize("text", ["(see the manual)", "class: water", "]", "{}", "}"])
def test_text_is_no_pickle(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.txt"
    path.write_text(text)
    with pytest.raises(ModelFileError) as caught:
        inspect_model(path)
    assert "Python pickle" not in caught.value.finding.message


def test_a_plain_pickle_that_breaks_off_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "x.model"
    path.write_bytes(b"\x80\x02]\xff")
    with pytest.raises(ModelFileError, match="starts as a Python pickle, but byte 3 is 0xff"):
        inspect_model(path)


def test_a_harmful_pickle_that_breaks_off_still_is_an_error(tmp_path: Path) -> None:
    path = archive(tmp_path / "x.pth", {"archive/data.pkl": EVIL[:-1] + b"\xff"})
    with pytest.raises(ModelFileError) as caught:
        inspect_model(path)
    rules = [item.rule for item in caught.value.findings]
    assert rules == ["model-damaged", "pickle-runs-code", "pickle-unlisted-globals"]


@pytest.mark.parametrize("name", ["x.pth", "legacy.pth"])
def test_what_a_pickle_imports_before_it_breaks_off_is_told(tmp_path: Path, name: str) -> None:
    broken = b"\x80\x02cnets\nUNet\n)R\xff"
    path = archive(tmp_path / name, {"archive/data.pkl": broken})
    if name == "legacy.pth":
        path.write_bytes((FIXTURES / "pytorch" / "unet_legacy.pth").read_bytes()[:137] + broken)
    with pytest.raises(ModelFileError) as caught:
        inspect_model(path)
    damaged, unlisted = caught.value.findings
    assert (damaged.rule, unlisted.rule) == ("model-damaged", "pickle-unlisted-globals")
    assert "'nets.UNet'" in unlisted.message


def test_missing_tensors_are_named(tmp_path: Path) -> None:
    path = changed(FIXTURES / "pytorch" / "unet_state_dict.pth", "x.pth", tmp_path, data_0=None)
    with pytest.raises(ModelFileError, match="lacks 1 tensor of the model: '0'"):
        inspect_model(path)


def test_operations_from_elsewhere_are_reported(tmp_path: Path) -> None:
    name = "code___torch___networks_py"
    source = FIXTURES / "pytorch" / "unet_scripted.pt"
    with zipfile.ZipFile(source) as old:
        (entry,) = [item for item in old.namelist() if item.endswith("/__torch__/networks.py")]
        code = old.read(entry)
    code = code.replace(b"torch.cat(", b"ops.torchvision.nms(")
    path = changed(source, "x.pt", tmp_path, **{name: code})
    (item,) = [i for i in inspect_model(path).findings if i.rule == "model-runs-own-code"]
    assert "'torchvision::nms'" in item.message


def test_torchscript_for_mobile_has_no_code(tmp_path: Path) -> None:
    source = FIXTURES / "pytorch" / "unet_scripted.pt"
    with zipfile.ZipFile(source) as old:
        kept = {n: old.read(n) for n in old.namelist() if "/code/" not in n}
    path = archive(tmp_path / "x.ptl", {**kept, "unet_scripted/bytecode.pkl": b"\x80\x02)."})
    description = inspect_model(path)
    assert (description.format, description.parameters) == ("torchscript", 1598)


def test_exported_programs_of_the_older_layout_are_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(FIXTURES / "pytorch" / "softmax_exported.pt2") as new:
        (graph,) = [name for name in new.namelist() if name.endswith("models/model.json")]
        program = new.read(graph)
    state = (FIXTURES / "pytorch" / "unet_state_dict.pth").read_bytes()
    entries = {
        "serialized_exported_program.json": program,
        "serialized_state_dict.pt": state,
        "version": b"5.1",
    }
    description = inspect_model(archive(tmp_path / "x.pt2", entries))
    assert (description.format, description.parameters) == ("pytorch-export", 1598)
    assert [tensor.name for tensor in description.inputs] == ["image"]


def test_machine_code_in_a_package_is_reported(tmp_path: Path) -> None:
    entries = {"x/archive_format": b"pt2", "x/data/aotinductor/model/a.wrapper.so": b"\x7fELF"}
    description = inspect_model(archive(tmp_path / "x.pt2", entries))
    assert description.format == "pytorch-export"
    assert {item.rule for item in description.findings} == {
        "model-shape-unknown",
        "model-runs-own-code",
    }


def test_a_program_with_unexpected_json_is_damaged_or_unknown(tmp_path: Path) -> None:
    for text in ("[]", "{}", '{"graph_module": {"graph": [], "signature": 5}}', "{", "null"):
        entries = {"x/archive_format": b"pt2", "x/models/model.json": text.encode()}
        with pytest.raises(ModelFileError):
            inspect_model(archive(tmp_path / "x.pt2", entries))


def test_an_archive_of_something_else_says_what_it_holds(tmp_path: Path) -> None:
    path = archive(tmp_path / "x.keras", {"readme.txt": b"hello", "evil.bin": EVIL})
    with pytest.raises(ModelFileError, match=r"it holds 'readme\.txt' and 'evil\.bin'") as caught:
        inspect_model(path)
    assert "pickle-runs-code" in [item.rule for item in caught.value.findings]


def test_an_archive_of_many_pickles_says_that_only_some_were_looked_at(tmp_path: Path) -> None:
    few = {"folder/": b"", **{f"{number}.pkl": b"\x80\x02N." for number in range(8)}}
    with pytest.raises(ModelFileError) as caught:
        inspect_model(archive(tmp_path / "x.zip", few))
    assert [item.rule for item in caught.value.findings] == ["model-not-recognised"]
    with pytest.raises(ModelFileError) as caught:
        inspect_model(archive(tmp_path / "y.zip", {**few, "evil.pkl": EVIL}))
    more = caught.value.findings[1]
    assert more.rule == "pickle-not-analysed"
    assert "only the first 8 pickles in it were looked at" in more.message


def test_the_tar_layout_of_the_first_versions_is_named(tmp_path: Path) -> None:
    import tarfile

    path = tmp_path / "x.pth"
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as writer:
        for name in ("sys_info", "pickle", "storages", "tensors"):
            item = tarfile.TarInfo(name)
            item.size = 1
            writer.addfile(item, io.BytesIO(b"x"))
    with pytest.raises(ModelFileError, match="tar archive of a PyTorch before"):
        inspect_model(path)


def test_modules_that_share_modules_without_end_are_given_up(tmp_path: Path) -> None:
    # Each level holds the level below twice: 2 ** 40 modules in 40 objects.
    parts: List[bytes] = [b"\x80\x02N"]
    for _ in range(40):
        parts.append(
            b"q\0" + b"0cn\nM\n)\x81}(X\x0b\0\0\0_parameters}X\x08\0\0\0_modules}("
            b"X\1\0\0\0ah\0X\1\0\0\0bh\0uub"
        )
    path = archive(tmp_path / "x.pth", {"x/data.pkl": b"".join(parts) + b"."})
    started = time.process_time()
    assert inspect_model(path).parameters is None
    assert time.process_time() - started < 5


def test_large_files_are_read_by_their_structure_only(tmp_path: Path) -> None:
    header = json.dumps(
        {"head.weight": {"dtype": "U8", "shape": [3 << 30], "data_offsets": [0, 3 << 30]}}
    ).encode()
    path = tmp_path / "large.safetensors"
    with path.open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        file.truncate(8 + len(header) + (3 << 30))
    with reads() as read:
        assert inspect_model(path).parameters == 3 << 30
    assert sum(read) < 1 << 20


def test_paths_in_torchscript_are_reported(tmp_path: Path) -> None:
    source = FIXTURES / "pytorch" / "unet_scripted.pt"
    with zipfile.ZipFile(source) as old:
        kept = {name: old.read(name) for name in old.namelist()}
    kept["unet_scripted/code/__torch__/networks.py.debug_pkl"] = (
        b"\x80\x02X\x10\0\0\0/home/ann/net.py."
    )
    path = archive(tmp_path / "x.pt", kept)
    assert "model-local-paths" in [item.rule for item in inspect_model(path).findings]
    rules = [item.rule for item in inspect_model(source).findings]
    assert rules == ["pickle-known-globals"]


def test_classes_with_their_source_are_noted_as_imports(tmp_path: Path) -> None:
    # As PyTorch before 1.6 wrote modules: the class is a persistent id with the source text.
    module = (
        b"\x80\x02(X\6\0\0\0modulecnets\nUNet\nX\7\0\0\0nets.pyX\4\0\0\0pasttQ)\x81}"
        b"(X\x0b\0\0\0_parameters}X\x08\0\0\0_modules}ub."
    )
    start = (FIXTURES / "pytorch" / "unet_legacy.pth").read_bytes()[:137]
    path = tmp_path / "x.pt"
    path.write_bytes(start + module + b"\x80\x02].")
    description = inspect_model(path)
    assert description.format == "pytorch-legacy"
    (item,) = [i for i in description.findings if i.rule.startswith("pickle-")]
    assert (item.rule, "'nets.UNet'" in item.message) == ("pickle-unlisted-globals", True)
