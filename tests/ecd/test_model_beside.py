"""The file that Esri's readers open: a warning where it is not, whatever the .ecd holds."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import List

import pytest

from dl2ecd_core import Finding, convert, convert_definition, export, extract, read_ecd, verify_ecd
from dl2ecd_core.cli.group import dl2ecd
from dl2ecd_core.demo import CLASS_INFO, MODEL, unpack
from dl2ecd_core.ecd.model_beside import BESIDE, check_model_beside


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    unpack(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rules(findings: tuple[Finding, ...]) -> List[str]:
    return [item.rule for item in findings]


def test_a_conversion_beside_its_model_or_elsewhere_warns_of_nothing(demo: Path) -> None:
    (demo / "out").mkdir()
    for target in ("a.ecd", "out/a.ecd"):
        assert convert(MODEL, CLASS_INFO, target).findings == ()
        assert verify_ecd(target)[1] == ()


def test_an_ecd_that_was_moved_warns_until_its_model_is_there(demo: Path) -> None:
    convert(MODEL, CLASS_INFO, "a.ecd")
    (demo / "elsewhere").mkdir()
    shutil.move("a.ecd", "elsewhere/a.ecd")
    _, findings = verify_ecd("elsewhere/a.ecd")
    assert rules(findings) == [BESIDE]
    assert "'landcover.model' is not there" in findings[0].message
    assert findings[0].where.path == "$.ModelFile"
    extract(read_ecd("elsewhere/a.ecd"), "elsewhere/out")
    assert verify_ecd("elsewhere/out/a.ecd")[1] == ()
    shutil.copy(MODEL, "elsewhere")
    assert verify_ecd("elsewhere/a.ecd")[1] == ()


def test_a_package_has_no_model_beside_what_is_made_of_it(demo: Path) -> None:
    convert(MODEL, CLASS_INFO, "a.ecd")
    (demo / "out").mkdir()
    export(read_ecd("a.ecd"), "dlpk", "out/a.dlpk")
    assert rules(convert_definition("out/a.dlpk", "out/b.ecd").findings) == [BESIDE]


def test_a_referenced_model_is_another_matter(demo: Path) -> None:
    convert(MODEL, CLASS_INFO, "a.ecd", storage="referenced")
    assert check_model_beside(read_ecd("a.ecd")) == []
    (demo / MODEL).rename(demo / "b.model")
    assert BESIDE not in rules(verify_ecd("a.ecd")[1])


def test_on_the_command_line(demo: Path) -> None:
    from click.testing import CliRunner

    convert(MODEL, CLASS_INFO, "a.ecd")
    content = (demo / "a.ecd").read_bytes()
    (demo / MODEL).rename(demo / "b.model")
    for arguments in (["show", "a.ecd"], ["verify", "a.ecd"]):
        done = CliRunner().invoke(dl2ecd, arguments)
        assert (done.exit_code, f"warning {BESIDE}: " in done.output) == (0, True)
    assert CliRunner().invoke(dl2ecd, ["verify", "a.ecd", "--strict"]).exit_code == 1
    allowed = ["verify", "a.ecd", "--strict", "--allow", BESIDE]
    assert CliRunner().invoke(dl2ecd, allowed).exit_code == 0
    for command in ("show", "verify"):
        done = CliRunner().invoke(dl2ecd, [command, "-"], input=content)
        assert (done.exit_code, BESIDE in done.output) == (0, False)
