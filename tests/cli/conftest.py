"""The command line called in this process, so that every branch of it can be looked at."""

from __future__ import annotations

import functools
import io
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Dict, List

import jsonschema
import pytest

from dl2ecd_core import schemas
from dl2ecd_core.cli import main
from dl2ecd_core.demo import CLASS_INFO, unpack


@dataclass(frozen=True)
class Outcome:
    """What a command left: its exit code and what it printed."""

    code: int
    out: str
    err: str
    command: str = ""

    @property
    def document(self) -> Dict[str, Any]:
        """The one JSON document that was printed, and nothing beside it; as its schema says."""
        document: Dict[str, Any] = json.loads(self.out)
        check_document(self.command, document)
        return document

    @property
    def rules(self) -> List[str]:
        """The rules of the findings in that document."""
        return [item["rule"] for item in self.document["findings"]]


Call = Callable[..., Outcome]


@functools.cache
def _validator(command: str, part: str) -> jsonschema.Draft202012Validator:
    schema = schemas.load(schemas.file_of(command))
    if not part:
        return jsonschema.Draft202012Validator(schema)
    # No key is printed that the schema does not know.
    result = {**schema["$defs"][part], "additionalProperties": False, "$defs": schema["$defs"]}
    return jsonschema.Draft202012Validator(result)


def check_document(command: str, document: Dict[str, Any]) -> None:
    """A document is as its schema says, down to its last key."""
    _validator(command, "").validate(document)
    results = document.get("results")
    if results is not None:
        assert isinstance(document["ok"], bool)
        for result in results:
            check_document(command, {key: result[key] for key in result if key != "file"})
    elif "ecd" in document or set(document) - {"tool", "version", "schema_version"} != {
        "ok",
        "findings",
    }:
        _validator(command, "result").validate(document)


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a real model and class information that fits it; commands run in it."""
    unpack(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Call the command line; anything but an orderly end is the test's failure."""

    def run(*arguments: object) -> Outcome:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(item) for item in arguments])
        out, err = capsys.readouterr()
        return Outcome(int(ended.value.code or 0), out, err, str(arguments[0]))

    return run


class Terminal(io.StringIO):
    """A screen: it says that it is one, and keeps what was written to it."""

    def isatty(self) -> bool:
        return True


OnTerminal = Callable[[Callable[[], object]], str]


@pytest.fixture
def on_terminal(monkeypatch: pytest.MonkeyPatch) -> OnTerminal:
    """What something writes to a terminal of 80 columns with colors."""
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setenv("COLUMNS", "80")

    def run(write: Callable[[], object]) -> str:
        screen = Terminal()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", screen)
            patch.setattr(sys, "stderr", screen)
            write()
        return screen.getvalue()

    return run


@pytest.fixture
def change(demo: Path) -> Callable[..., None]:
    """Change the demo's class information; ... takes a key out."""

    def run(**changes: object) -> None:
        path = demo / CLASS_INFO
        document = {**json.loads(path.read_text(encoding="utf-8")), **changes}
        kept = {key: value for key, value in document.items() if value is not ...}
        path.write_text(json.dumps(kept), encoding="utf-8")

    return run
