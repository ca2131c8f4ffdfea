"""What is said of .ecd files that are not as they should be, word for word, in wording.txt.

``python -m tests.ecd.test_wording`` writes the file anew; the difference is to be read then.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List

import pytest

from dl2ecd_core import convert
from dl2ecd_core.demo import CLASS_INFO, MODEL, unpack
from dl2ecd_core.ecd.reader import examine_ecd
from dl2ecd_core.ecd.verification import verify_ecd
from dl2ecd_core.findings import Finding
from tests import words
from tests.conftest import NO_POSIX
from tests.ecd.conftest import files_of, rewrite

posix = pytest.mark.skipif(NO_POSIX, reason="about links, and paths of any length")

WORDING = Path(__file__).with_name("wording.txt")

Case = Callable[[Path], Iterable[Finding]]
Document = Dict[str, Any]


def _text(content: str) -> Case:
    """What is said of a file that holds this."""

    def examined(folder: Path) -> Iterable[Finding]:
        path = folder / "a.ecd"
        path.write_text(content, encoding="utf-8")
        return examine_ecd(path)[1]

    return examined


def _json(**document: Any) -> Case:
    return _text(json.dumps(document))


def _made(folder: Path, storage: str) -> Path:
    unpack(folder)
    convert(folder / MODEL, folder / CLASS_INFO, folder / "a.ecd", storage=storage)
    return folder / "a.ecd"


def _changed(change: Callable[[Document], object], storage: str = "embedded") -> Case:
    """What verifying says of an .ecd after a change to its document."""

    def verified(folder: Path) -> Iterable[Finding]:
        path = _made(folder, storage)
        rewrite(path, change)
        return verify_ecd(path)[1]

    return verified


_OTHER = {"Name": "o", "Shape": None, "Axes": None, "DataType": None, "Evidence": None}


def _with(**changes: object) -> Case:
    """The same with other keys at the root; ... takes one out."""

    def change(document: Document) -> None:
        for key, value in changes.items():
            document.pop(key, None)
            if value is not ...:
                document[key] = value

    return _changed(change)


def _model(**changes: object) -> Case:
    return _changed(lambda document: document["Definitions"][0]["Model"].update(changes))


def _file(**changes: object) -> Case:
    return _changed(lambda document: files_of(document)[0].update(changes))


def _bytes(data: bytes) -> Case:
    digest = hashlib.sha256(data).hexdigest()
    return _file(Size=len(data), SHA256=digest, Data=b64encode(data).decode())


def _second(path: str) -> Case:
    def change(document: Document) -> None:
        files_of(document).append({**files_of(document)[0], "Path": path})

    return _changed(change)


def _beside(meddle: Callable[[Path], object]) -> Case:
    """What verifying says of a referenced model after something happened to its file."""

    def verified(folder: Path) -> Iterable[Finding]:
        path = _made(folder, "referenced")
        meddle(folder / MODEL)
        return verify_ecd(path)[1]

    return verified


def _missing(folder: Path) -> Iterable[Finding]:
    return verify_ecd(folder / "none.ecd")[1]


def _folder(folder: Path) -> Iterable[Finding]:
    return verify_ecd(folder)[1]


_CLASSIC = {
    "EsriClassifierDefinitionFile": 0,
    "Definitions": [{"Classifier": "MaximumLikelihood", "Classes": []}],
}

CASES: Dict[str, Case] = {
    "all is well": _with(),
    "all is well, referenced": _beside(lambda path: None),
    "missing": _missing,
    "a folder": _folder,
    "empty": _text(""),
    "a list": _text("[]"),
    "a number": _text("5"),
    "no json": _text("CNTK"),
    "a comma too many": _text('{"EsriClassifierDefinitionFile": 0,}'),
    "a key twice": _text('{"EsriClassifierDefinitionFile": 0, "EsriClassifierDefinitionFile": 0}'),
    "something else": _json(a=1),
    "class information": _json(ImportDeepLearningModelToEsriExtraInfo=0),
    "a model definition": _json(Framework="CNTK", ModelFile="a.model"),
    "half a model definition": _json(Framework="CNTK"),
    "endmembers": _json(EsriEndmemberDefinitionFile=0, Endmembers=[]),
    "a classic one": _json(**_CLASSIC),
    "a classic one that says nothing": _json(EsriClassifierDefinitionFile=0),
    "of a newer format": _with(Generator={"DeepLearningFormat": 3}),
    "of a format that is true": _with(Generator={"DeepLearningFormat": True}),
    "without a generator": _with(Generator=...),
    "without a signature": _with(EsriClassifierDefinitionFile=...),
    # -- schema and vocabularies -----------------------------------------------------------------
    "a wrong type": _with(ImageHeight="256"),
    "a missing key": _with(Framework=...),
    "fewer classes": _changed(lambda document: document["Classes"].pop()),
    "no classes at the root": _with(Classes=5),
    "another count": _changed(lambda document: document["Definitions"][0].update(NumberClasses=4)),
    "another name": _changed(lambda document: document["Classes"][1].update(Name="Sea")),
    "another color": _changed(lambda document: document["Classes"][1].update(Color=[1, 2, 3])),
    "another batch": _with(BatchSize=3),
    # -- files -----------------------------------------------------------------------------------
    "a path that leaves": _file(Path="../a"),
    "a path twice": _second(MODEL.upper()),
    "the same path twice": _second(MODEL),
    "a path in a file": _second(f"{MODEL}/b"),
    "two files": _second("b/c.model"),
    "a path of numbers": _file(Path=5),
    "a size in quotes": _file(Size="5"),
    "another digest": _file(SHA256="0" * 64),
    "another size": _file(Size=7),
    "a digest of text": _file(SHA256="abc"),
    "no base64": _file(Data="####"),
    "base64 cut short": _file(Data="QUI"),
    "base64 with unused bits": _file(Size=1, Data="QR=="),
    "base64 with lines": _file(Data="QUJD\nQUJD"),
    "nothing inside": _file(Data=""),
    "a file that is gone": _beside(lambda path: path.unlink()),
    "a file that is longer": _beside(lambda path: path.write_bytes(path.read_bytes() + b"more")),
    "a file that is shorter": _beside(lambda path: path.write_bytes(b"1")),
    "a file that is another": _beside(
        lambda path: path.write_bytes(path.read_bytes().replace(b"image", b"imagf"))
    ),
    # -- the model -------------------------------------------------------------------------------
    "a web page": _bytes(b"<!DOCTYPE html>"),
    "another format": _model(Format="onnx"),
    "other parameters": _model(Parameters=7),
    "other inputs": _model(Inputs=[]),
    "other outputs": _model(Outputs=[_OTHER]),
    "everything other": _model(
        Format="onnx", Parameters=7, Inputs=[_OTHER], Outputs=[_OTHER, _OTHER]
    ),
}


def test_every_case_is_written_down() -> None:
    assert list(words.expected(WORDING)) == list(CASES)


@pytest.mark.parametrize("name", list(CASES))
def test_what_is_said(tmp_path: Path, name: str) -> None:
    folder = tmp_path.resolve()
    assert words.said(CASES[name](folder), folder) == words.expected(WORDING)[name]


@posix
def test_a_name_as_long_as_a_system_allows_is_said_whole(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 200 + ".ecd")
    found: List[Finding] = []
    for content in ("[]", "{}", '{"EsriClassifierDefinitionFile": 0}', None):
        if content is None:
            path.unlink()
        else:
            path.write_text(content, encoding="utf-8")
        found += examine_ecd(path)[1]
    assert len(found) == 4
    for item in found:
        assert f"{'n' * 200}.ecd" in item.message
        assert item.where.file == str(path)


if __name__ == "__main__":
    words.write(WORDING, CASES)
