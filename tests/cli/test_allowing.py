"""Rules that may pass ``--strict``: named on the command line or in setup.cfg."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import pytest

from dl2ecd_core.demo import CLASS_INFO, MODEL
from tests.cli.conftest import Call

CHECK = ("check", MODEL, CLASS_INFO)


@pytest.fixture(autouse=True)
def unlisted(demo: Path, change: Callable[..., None]) -> None:
    """Class information with one warning."""
    change(Classifier="MyNet")


class TestOnTheCommandLine:
    def test_a_warning_passes_and_the_report_says_so(self, call: Call) -> None:
        assert call(*CHECK, "--strict").code == 1
        done = call(*CHECK, "--strict", "--allow", "framework-unlisted")
        assert done.code == 0
        assert "warning framework-unlisted" in done.out
        assert "Allowed: framework-unlisted." in done.out
        document = call(*CHECK, "--strict", "--allow", "framework-unlisted", "--json").document
        assert (document["ok"], document["allowed"]) == (True, ["framework-unlisted"])

    def test_only_what_was_found_is_listed(self, call: Call) -> None:
        given = ("--allow", "framework-unlisted", "--allow", "no-model-configuration")
        assert call(*CHECK, "--strict", *given, "--json").document["allowed"] == [
            "framework-unlisted"
        ]

    def test_other_warnings_still_refuse(self, call: Call, change: Callable[..., None]) -> None:
        change(MyKey=1, BatchSize=1, MiniBatchSize=1, Framework="x")
        done = call(*CHECK, "--strict", "--allow", "framework-unlisted", "--json")
        assert (done.code, done.document["allowed"]) == (1, ["framework-unlisted"])

    def test_without_strict_it_changes_nothing(self, call: Call) -> None:
        done = call(*CHECK, "--allow", "framework-unlisted", "--json")
        assert (done.code, done.document["allowed"]) == (0, [])

    @pytest.mark.parametrize(
        ("rule", "says"),
        [
            ("framework-unlistd", "--allow: there is no rule 'framework-unlistd'. Did you mean"),
            ("\x1b", r"there is no rule '\x1b'."),
            ("band-count-mismatch", "'band-count-mismatch' is an error, and nothing lets errors"),
        ],
    )
    def test_what_can_not_be_allowed_is_wrong_usage(self, call: Call, rule: str, says: str) -> None:
        done = call(*CHECK, "--strict", "--allow", rule)
        assert (done.code, done.out) == (2, "")
        assert says in done.err


class TestInTheSettings:
    @pytest.mark.parametrize(
        "text",
        [
            "[dl2ecd]\nallow = framework-unlisted\n",
            "[dl2ecd]\nallow =\n    framework-unlisted,\n    no-model-configuration\n",
            "\ufeff[DEFAULT]\nx = 1\n[metadata]\nname = a%b\n[dl2ecd]\nallow: framework-unlisted",
        ],
    )
    def test_rules_are_allowed(self, demo: Path, call: Call, text: str) -> None:
        (demo / "setup.cfg").write_text(text, encoding="utf-8")
        assert call(*CHECK, "--strict").code == 0

    @pytest.mark.parametrize("text", ["", "[metadata]\nname = a\n", "[dl2ecd]\n"])
    def test_or_none_are(self, demo: Path, call: Call, text: str) -> None:
        (demo / "setup.cfg").write_text(text, encoding="utf-8")
        assert call(*CHECK, "--strict").code == 1

    def test_verify_reads_them_and_convert_does_not(self, demo: Path, call: Call) -> None:
        (demo / "setup.cfg").write_text("[dl2ecd]\nallow = framework-unlisted\n", encoding="utf-8")
        assert call("convert", MODEL, CLASS_INFO, "a.ecd", "--strict").code == 1
        assert call("convert", MODEL, CLASS_INFO, "a.ecd").code == 0
        assert call("verify", "a.ecd", "--strict").code == 0

    def test_nothing_reads_them_without_strict(self, demo: Path, call: Call) -> None:
        (demo / "setup.cfg").write_text("[dl2ecd]\nallow = no-such-rule\n", encoding="utf-8")
        assert call(*CHECK).code == 0

    @pytest.mark.parametrize(
        ("content", "says"),
        [
            (b"[dl2ecd]\nallow = no-such-rule\n", "setup.cfg, [dl2ecd] allow: there is no rule"),
            (b"[dl2ecd]\nallow = file-not-found\n", "is an error, and nothing lets errors pass"),
            (b"[dl2ecd]\nalow = a\n", "setup.cfg, [dl2ecd]: 'alow' is not known; 'allow' is."),
            (b"allow = a\n", "setup.cfg can't be read: "),
            (b"\xff\xfe\xff", "setup.cfg can't be read: "),
        ],
    )
    def test_what_is_wrong_in_them_is_wrong_usage(
        self, demo: Path, call: Call, content: bytes, says: str
    ) -> None:
        (demo / "setup.cfg").write_bytes(content)
        done = call(*CHECK, "--strict")
        assert (done.code, done.out) == (2, "")
        assert says in " ".join(done.err.split())
