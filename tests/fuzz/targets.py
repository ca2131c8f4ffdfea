"""What can be fuzzed: each format reader, the wire formats under them, and the documents."""

from __future__ import annotations

import functools
import importlib
import json
import os
import shutil
import tempfile
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, Iterable, Iterator, List, Optional, Tuple

from dl2ecd_core.class_info.examination import examine_text
from dl2ecd_core.conversion import convert
from dl2ecd_core.definition import examine_opened, opened
from dl2ecd_core.ecd.extraction import extract
from dl2ecd_core.ecd.reader import examine_ecd, read_ecd
from dl2ecd_core.ecd.verification import verify_ecd
from dl2ecd_core.exports import FORMATS, export
from dl2ecd_core.findings import Finding
from dl2ecd_core.findings.errors import Dl2EcdError
from dl2ecd_core.json_text import parse
from dl2ecd_core.legends import read_legend
from dl2ecd_core.models import inspect_model
from dl2ecd_core.models.registry import MODULES, Match
from dl2ecd_core.wire.source import ByteSource
from tests.conftest import FIXTURES
from tests.exports.definitions import place as place_for

from . import walks
from .outcome import Run

REGRESSIONS = Path(__file__).parent / "regressions"
#: Larger seeds make every run slow and hold nothing that smaller ones lack.
_LONGEST_SEED = 64 * 1024


@dataclass(frozen=True)
class Seed:
    """An intact file to start from."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Target:
    """One thing to fuzz.

    Attributes
    ----------
    name
        As the command line takes it.
    prepare
        Given a folder for files, the seeds and the run over one mutated file; the name of a
        seed decides where the run puts the file.
    aim
        How many runs it should survive.
    """

    name: str
    prepare: Callable[[Path], Tuple[List[Seed], Callable[[str], Run]]]
    aim: int


def folder() -> Path:
    """A new folder for mutated files, in memory where the system has such a place."""
    memory = Path("/dev/shm")
    parent = memory if memory.is_dir() and os.access(memory, os.W_OK) else None
    return Path(tempfile.mkdtemp(prefix="dl2ecd-fuzz-", dir=parent))


def _files() -> Iterator[Path]:
    for path in sorted(FIXTURES.rglob("*")):
        known = path.suffix in {".py"} or path.name in {"versions.json", "expected.json"}
        if path.is_file() and not known and "__pycache__" not in path.parts:
            yield path


@functools.lru_cache(maxsize=1)
def _by_reader() -> Dict[str, Tuple[Path, ...]]:
    """The fixtures that each reader takes for its own."""
    found: Dict[str, List[Path]] = {module: [] for module in MODULES}
    for path in _files():
        for module in MODULES:
            reader = importlib.import_module(f"dl2ecd_core.models.{module}")
            with ByteSource(path) as source:
                if source.size and reader.recognise(source) is not Match.NO:
                    found[module].append(path)
    return {module: tuple(paths) for module, paths in found.items()}


def _format(module: str) -> Target:
    def prepare(work: Path) -> Tuple[List[Seed], Callable[[str], Run]]:
        seeds = [
            Seed(path.relative_to(FIXTURES).as_posix(), path.read_bytes())
            for path in _by_reader()[module]
            if path.stat().st_size <= _LONGEST_SEED
        ]
        for family in {seed.name.split("/")[0] for seed in seeds}:
            shutil.copytree(FIXTURES / family, work / family, dirs_exist_ok=True)
        intact = {seed.name: seed.content for seed in seeds}

        def placed(name: str) -> Run:
            path = work / name
            path.parent.mkdir(parents=True, exist_ok=True)

            def run(data: bytes) -> Iterable[Finding]:
                _overwrite(path, data)
                try:
                    model = inspect_model(path)
                    json.dumps(model.as_dict())
                    return model.findings
                finally:
                    if name in intact:
                        _overwrite(path, intact[name])

            return run

        return seeds, placed

    return Target(f"models.{module}", prepare, 100_000)


#: What a primary model reads from beside it: the pattern of the companion, the primary of each.
_COMPANIONS: Dict[str, Tuple[str, Callable[[Path], Optional[Path]]]] = {
    "darknet.cfg": ("darknet/*.cfg", lambda path: path.with_suffix(".weights")),
    "darknet.names": ("darknet/*.names", lambda path: path.with_name("detector.weights")),
    "darknet.data": ("darknet/*.data", lambda path: path.with_suffix(".weights")),
    "caffe.prototxt": ("caffe/*.prototxt", lambda path: path.with_suffix(".caffemodel")),
    "openvino.bin": ("openvino/*.bin", lambda path: path.with_suffix(".xml")),
    "mxnet.symbol": (
        "mxnet/*-symbol.json",
        lambda path: next(path.parent.glob(path.name[:-12] + "-*.params"), None),
    ),
    "tensorflow.index": (
        "tensorflow/tf*/saved/variables/*.index",
        lambda path: path.parent.parent / "saved_model.pb",
    ),
    "tensorflow.meta": (
        "tensorflow/tf1/ckpt/*.meta",
        lambda path: path.with_suffix(".index"),
    ),
    "coreml.manifest": ("coreml/*/Manifest.json", lambda path: path.parent),
}


def _companion(name: str) -> Target:
    pattern, primary_of = _COMPANIONS[name]

    def prepare(work: Path) -> Tuple[List[Seed], Callable[[str], Run]]:
        seeds = []
        for path in sorted(FIXTURES.glob(pattern)):
            primary = primary_of(path)
            if primary is not None and primary.exists():
                seeds.append(Seed(path.relative_to(FIXTURES).as_posix(), path.read_bytes()))
        family = pattern.split("/")[0]
        shutil.copytree(FIXTURES / family, work / family, dirs_exist_ok=True)
        intact = {seed.name: seed.content for seed in seeds}

        def placed(place: str) -> Run:
            path = work / place
            primary = primary_of(path)

            def run(data: bytes) -> Iterable[Finding]:
                _overwrite(path, data)
                try:
                    model = inspect_model(primary or path)
                    json.dumps(model.as_dict())
                    return model.findings
                finally:
                    if place in intact:
                        _overwrite(path, intact[place])

            return run

        return seeds, placed

    return Target(f"beside.{name}", prepare, 100_000)


def _overwrite(path: Path, data: bytes) -> None:
    with open(path, "wb", buffering=0) as handle:  # noqa: PTH123
        handle.write(data)


def _wire(name: str, run: Run, seeds: Callable[[], Iterable[Seed]]) -> Target:
    def prepare(_: Path) -> Tuple[List[Seed], Callable[[str], Run]]:
        return list(seeds()), lambda _: run

    return Target(f"wire.{name}", prepare, 1_000_000)


def _fixtures(*patterns: str) -> Callable[[], Iterator[Seed]]:
    def seeds() -> Iterator[Seed]:
        for pattern in patterns:
            for path in sorted(FIXTURES.glob(pattern)):
                if path.is_file() and path.stat().st_size <= _LONGEST_SEED:
                    yield Seed(path.relative_to(FIXTURES).as_posix(), path.read_bytes())

    return seeds


def _pickle_seeds() -> Iterator[Seed]:
    for pattern in ("pytorch/*.p*t*", "paddle/*.pdparams", "pytorch/*.ckpt"):
        for path in sorted(FIXTURES.glob(pattern)):
            if not zipfile.is_zipfile(path):
                yield Seed(path.name, path.read_bytes())
                continue
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    if name.endswith(".pkl"):
                        yield Seed(f"{path.name}/{name}", archive.read(name))


def _json_seeds() -> Iterator[Seed]:
    yield from _fixtures("**/*.json")()
    for path in sorted(FIXTURES.glob("safetensors/*.safetensors")):
        yield Seed(path.name, walks.safetensors_header(path.read_bytes()))


_WORDS = {
    "ImportDeepLearningModelToEsriExtraInfo": 0,
    "Version": 1,
    "Classifier": "CNTK",
    "NumberRasterBands": 3,
    "MiniBatchSize": 16,
    "Classes": [
        {"Value": 100, "Name": "Impervious", "Color": [204, 204, 204]},
        {"Value": 200, "Name": " Other (Pervious)", "Color": [56, 168, 0]},
    ],
    "ModelConfiguration": "AzurePixelLevelLandClassification",
    "ExtractBands": [0, 1, 2],
    "DataRange": [0.1, 1.0],
    "ImageHeight": 256,
    "ModelPadding": 64,
    "Unknown": {"Ünïcode": [None, True, -1.5e3, "\ud83d\ude00", "\\u202e"]},
}
_EMD = {
    "Framework": "TensorFlow",
    "ModelConfiguration": "DeepLab",
    "ModelFile": ".\\model.onnx",
    "ModelType": "ImageClassification",
    "InferenceFunction": "[functions]System\\DeepLearning\\ImageClassifier.py",
    "ExtractBands": [0, 1, 2],
    "ImageHeight": 64,
    "ImageWidth": 64,
    "Classes": _WORDS["Classes"],
}


def _document_seeds() -> List[Seed]:
    demo = FIXTURES.parent.parent / "dl2ecd_core" / "demo" / "classes.json"
    return [
        Seed("demo.json", demo.read_bytes()),
        Seed("words.json", json.dumps(_WORDS, indent=1).encode()),
        Seed("words-utf8.json", json.dumps(_WORDS, ensure_ascii=False).encode("utf-8", "replace")),
        Seed("words-utf16.json", json.dumps(_WORDS).encode("utf-16")),
        Seed("emd.json", json.dumps(_EMD).encode()),
        Seed("tiny.json", b'{"Classes":[{"Value":1,"Name":"a","Color":[1,2,3]}]}'),
        Seed("commented.json", b'{// a\n\'a\': [1, 2,], b: 010, "c": .5, /* */ "d": \xe9}'),
    ]


def _json_text_run(data: bytes) -> Iterable[Finding]:
    text = parse(data, "fuzzed.json")
    text.places.at([])
    text.is_complete(text.value)
    return text.findings


def _class_info_run(data: bytes) -> Iterable[Finding]:
    info = examine_text(parse(data, "fuzzed.json"), "fuzzed.json")
    json.dumps(info.document)
    return info.findings


def _in_memory(name: str, run: Run) -> Target:
    def prepare(_: Path) -> Tuple[List[Seed], Callable[[str], Run]]:
        return _document_seeds(), lambda _: run

    return Target(name, prepare, 1_000_000)


def _made_ecds(work: Path) -> List[Seed]:
    """Small .ecd files made by the converter, embedded and referenced, beside their models."""
    demo = FIXTURES.parent.parent / "dl2ecd_core" / "demo"
    shutil.copy(demo / "landcover.model", work)
    seeds = []
    for storage in ("embedded", "referenced"):
        target = work / f"{storage}.ecd"
        convert(work / "landcover.model", demo / "classes.json", target, storage=storage)
        seeds.append(Seed(target.name, target.read_bytes()))
    classic = {
        "EsriClassifierDefinitionFile": 0,
        "FileVersion": 3,
        "NumberDefinitions": 1,
        "Definitions": [
            {
                "Classifier": "MaxLikelihood",
                "NumberBands": 3,
                "Classes": [{"ClassValue": 1, "ClassName": "a", "Red": 1, "Green": 2, "Blue": 3}],
            }
        ],
    }
    seeds.append(Seed("classic.ecd", json.dumps(classic).encode()))
    return seeds


def _ecd(work: Path) -> Tuple[List[Seed], Callable[[str], Run]]:
    seeds = _made_ecds(work)

    def placed(name: str) -> Run:
        path = work / Path(name).name

        def run(data: bytes) -> Iterable[Finding]:
            _overwrite(path, data)
            # Verifying unpacks the model and reads it, which takes fifty times as long.
            choice = zlib.crc32(data) % 64
            if choice > 4:
                return examine_ecd(path)[1]
            if choice > 1:
                return verify_ecd(path)[1]
            return _used(path, choice == 0)

        return run

    return seeds, placed


def _used(path: Path, extracted: bool) -> Iterable[Finding]:
    """An .ecd that nothing is wrong with, taken apart or written in other formats."""
    ecd = read_ecd(path)
    target = path.parent / "used"
    findings: List[Finding] = []
    try:
        if extracted:
            extract(ecd, target)
            return findings
        target.mkdir()
        for name in FORMATS:
            try:
                findings += export(ecd, name, place_for(target, name, "export"))
            except Dl2EcdError as error:
                findings += error.findings
        return findings
    finally:
        shutil.rmtree(target, ignore_errors=True)


def _legend(work: Path) -> Tuple[List[Seed], Callable[[str], Run]]:
    """Legends in every kind that is written, and the documents that hold classes."""
    demo = FIXTURES.parent.parent / "dl2ecd_core" / "demo"
    convert(demo / "landcover.model", demo / "classes.json", work / "demo.ecd", storage=None)
    ecd = read_ecd(work / "demo.ecd")
    seeds = _document_seeds()
    for kind in ("clr", "qml", "sld", "aux-xml", "labels", "emd"):
        target = place_for(work, kind, "demo")
        export(ecd, kind, target)
        seeds.append(Seed(target.name, target.read_bytes()))
    seeds.append(Seed("map.pbtxt", b"item {\n  id: 1\n  name: 'Water'\n}\n" * 3))

    def placed(name: str) -> Run:
        path = work / Path(name).name

        def run(data: bytes) -> Iterable[Finding]:
            _overwrite(path, data)
            return read_legend(path).findings

        return run

    return seeds, placed


def _definition(work: Path) -> Tuple[List[Seed], Callable[[str], Run]]:
    model = (FIXTURES / "onnx" / "argmax.onnx").read_bytes()
    (work / "model.onnx").write_bytes(model)
    emd = json.dumps(_EMD, indent=2).encode()
    package = work / "package.dlpk"
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (
            ("model.emd", emd),
            ("model.onnx", model),
            ("esriinfo/iteminfo.xml", b"<ESRI_ItemInformation/>"),
        ):
            archive.writestr(zipfile.ZipInfo(name), content)
    seeds = [Seed("model.emd", emd), Seed("package.dlpk", package.read_bytes())]

    def placed(name: str) -> Run:
        path = work / Path(name).name

        def run(data: bytes) -> Iterable[Finding]:
            _overwrite(path, data)
            with opened(path) as definition:
                return examine_opened(definition).findings

        return run

    return seeds, placed


def _all() -> Iterator[Target]:
    yield _wire(
        "protobuf",
        walks.protobuf_run,
        _fixtures("onnx/*.onnx", "tensorflow/tf1/*.pb", "coreml/*.mlmodel", "cntk/*.model"),
    )
    yield _wire(
        "prototext", walks.prototext_run, _fixtures("caffe/*.prototxt", "tensorflow/*/*.pbtxt")
    )
    yield _wire("flatbuffer", walks.flatbuffer_run, _fixtures("tflite/*.tflite"))
    yield _wire("zip", walks.zip_run, _fixtures("keras/*.keras", "pytorch/*.pt*"))
    yield _wire("pickle", walks.pickle_run, _pickle_seeds)
    yield _wire("hdf5", walks.hdf5_run, _fixtures("keras/*.h5"))
    yield _wire("json_data", walks.json_data_run, _json_seeds)
    yield _in_memory("json_text", _json_text_run)
    yield _in_memory("class_info", _class_info_run)
    yield Target("ecd", _ecd, 1_000_000)
    yield Target("definition", _definition, 100_000)
    yield Target("legend", _legend, 100_000)
    for module in MODULES:
        yield _format(module)
    for name in _COMPANIONS:
        yield _companion(name)


TARGETS: Dict[str, Target] = {target.name: target for target in _all()}

__all__ = ["REGRESSIONS", "TARGETS", "Seed", "Target", "folder"]
