"""The parts of a TFLite file: tensors, operators, versions, and the names that come along."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import pytest

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models import Evidence, tflite
from dl2ecd_core.models.export_notes import ExportNotes
from dl2ecd_core.models.tflite import schema
from tests.models.tflite.writers import Long, flat, inspected, network

IMAGE = (1, 8, 8, 4)
RELU = 19
#: Where the root table keeps what is asked for here.
BUFFERS, METADATA, GROUPS = "f4", "f6", "f8"


def simple(**more: Any) -> Dict[int, Any]:
    return network([IMAGE, IMAGE], [(RELU, [0], [1])], **more)


def refused(folder: Path, model: Dict[int, Any]) -> ModelFileError:
    with pytest.raises(ModelFileError) as caught:
        inspected(folder, model)
    return caught.value


def without_subgraph() -> Dict[int, Any]:
    return {**simple(), 2: []}


def with_operator(**fields: Any) -> Dict[int, Any]:
    model = simple()
    model[2][0][3][0].update({int(name[1:]): value for name, value in fields.items()})
    return model


@pytest.mark.parametrize(
    ("model", "word"),
    [
        (without_subgraph(), "no subgraph: nothing can be run"),
        (with_operator(f0=7), "Operator 0 is of kind 7 of 1"),
        (network([IMAGE], [], outputs=[9]), "Tensor 9 has number 9 of 1"),
        (simple(f4=[{1: Long(99), 2: Long(1 << 40)}]), "Buffer 0 should lie at bytes 99 to"),
    ],
)
def test_a_broken_structure_is_damaged(model: Dict[int, Any], word: str, tmp_path: Path) -> None:
    error = refused(tmp_path, model)
    assert error.finding.rule == "model-damaged"
    assert word in error.finding.message


def test_more_links_than_any_model_has_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "_MOST_LINKS", 1)
    error = refused(tmp_path, simple())
    assert error.finding.rule == "model-too-complex"
    assert "use more than 1 tensors" in error.finding.message


@pytest.mark.parametrize(
    ("fields", "shape"),
    [
        ({0: [1, 8, 8, 4]}, (1, 8, 8, 4)),
        ({0: [1, 8, 8, 4], 7: [-1, 8, -1, 4]}, (None, 8, None, 4)),
        ({0: [1, 8, 8, 4], 7: [1, 8]}, (1, 8, 8, 4)),
        ({0: [-1, 8, 8, 4]}, (None, 8, 8, 4)),
        ({0: []}, ()),
        ({8: 1}, ()),
        ({8: 0}, None),
        ({}, None),
    ],
)
def test_a_shape_is_free_where_the_signature_says_so(
    fields: Dict[int, Any], shape: Optional[Tuple[Optional[int], ...]], tmp_path: Path
) -> None:
    model = simple()
    model[2][0][0][0] = {3: "image", **fields}
    (told,) = inspected(tmp_path, model).inputs
    assert told.shape == shape
    assert told.evidence is (None if shape is None else Evidence.DECLARED)


def test_tensors_that_are_left_out_and_types_of_the_future(tmp_path: Path) -> None:
    model = network([IMAGE, IMAGE], [(RELU, [0], [1])], inputs=[-1, 0])
    model[2][0][0][0] = {0: [1], 1: 120}
    (told,) = inspected(tmp_path, model).inputs
    assert (told.name, told.data_type) == (None, None)


def test_constants_are_read_where_they_are_short_whole_numbers(tmp_path: Path) -> None:
    for kind, raw, axes in (
        (2, b"\0\0\0\0\2\0\0\0\3\0\0\0\1\0\0\0", "NCHW"),
        (4, b"".join(n.to_bytes(8, "little") for n in (0, 2, 3, 1)), "NCHW"),
        (0, b"\0\0\0\0\2\0\0\0\3\0\0\0\1\0\0\0", "????"),
        (2, b"\0\0\0\0\2\0\0\0\3\0\0\0\1\0\0", "????"),
        (2, bytes(400), "????"),
        (2, b"", "????"),
    ):
        model = network([(1, 4, 8, 8), [0], IMAGE], [(39, [0, 1], [2])])
        model[2][0][0][1][1] = kind
        model[4][1] = {0: raw}
        (told,) = inspected(tmp_path, model).inputs
        assert told.axes == axes


def metadata(name: str, raw: bytes) -> Dict[str, Any]:
    """A model's note of this name."""
    return {METADATA: [{0: name, 1: 1}], BUFFERS: [{}, {0: raw}]}


@pytest.mark.parametrize(
    ("name", "raw", "version", "producer"),
    [
        ("min_runtime_version", b"2.3.0\0\0", "2.3.0", None),
        ("min_runtime_version", b"", None, None),
        ("min_runtime_version", b"2" * 65, None, None),
        ("CONVERSION_METADATA", flat({0: {0: "2.21.0"}}), None, "TensorFlow 2.21.0"),
        ("CONVERSION_METADATA", flat({1: 5}), None, None),
        ("CONVERSION_METADATA", b"no flatbuffer", None, None),
        ("CONVERSION_METADATA", b"", None, None),
    ],
)
def test_versions_are_told_where_the_file_has_them(
    name: str, raw: bytes, version: Optional[str], producer: Optional[str], tmp_path: Path
) -> None:
    model = inspected(tmp_path, simple(**metadata(name, raw)))
    assert (model.framework_version, model.producer) == (version, producer)


def test_weights_in_other_files_belong_to_the_model(tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(b"x")
    model = inspected(tmp_path, simple(**{GROUPS: [{0: "weights.bin"}, {0: "more.bin"}, {}]}))
    assert [part.path for part in model.files] == ["model.tflite", "weights.bin"]
    assert model.missing_files == ("more.bin",)


def with_files(model: Dict[int, Any], **files: str) -> bytes:
    """The model with an archive behind it."""
    content = io.BytesIO(flat(model))
    with zipfile.ZipFile(content, "a") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "."), text)
    return content.getvalue()


def labels(*files: Tuple[str, int], outputs: bool = True) -> Dict[str, Any]:
    """TFLite Metadata that names files of an output, each of a kind."""
    listed = [{0: name, 2: kind} for name, kind in files]
    graphs: List[Dict[int, Any]] = [{3: [{6: listed}]}] if outputs else []
    return metadata("TFLITE_METADATA", flat({3: graphs}, b"M001"))


@pytest.mark.parametrize(
    ("notes", "names"),
    [
        (labels(("labels.txt", 2)), ("water", "forest")),
        (labels(("values.txt", 3)), ("one", "two", "three")),
        (labels(("vocabulary.txt", 4), ("labels.txt", 2)), ("water", "forest")),
        # The metadata say that nothing is a label; without any, names of files are a sign.
        (labels(("vocabulary.txt", 4)), None),
        (labels(outputs=False), None),
        ({}, ("water", "forest")),
    ],
)
def test_class_names_come_from_the_archive_behind_the_model(
    notes: Dict[str, Any], names: Optional[Tuple[str, ...]], tmp_path: Path
) -> None:
    model = inspected(
        tmp_path,
        with_files(
            simple(**notes),
            labels__txt="water\r\nforest\n\n",
            values__txt="one\ntwo\nthree",
            vocabulary__txt="a\nb",
        ),
    )
    assert [found.names for found in model.class_names] == ([] if names is None else [names])
    assert model.findings == ()


def test_numbers_before_the_labels_are_no_part_of_them(tmp_path: Path) -> None:
    notes = labels(("labels.txt", 2))
    model = inspected(tmp_path, with_files(simple(**notes), labels__txt="2 notice\n5 stop\n"))
    assert [(one.names, one.numbers) for one in model.class_names] == [(("notice", "stop"), (2, 5))]


def test_labels_that_are_none_are_said(tmp_path: Path) -> None:
    notes = labels(("labels.txt", 2))
    (finding,) = inspected(tmp_path, with_files(simple(**notes), labels__txt="1\n2\n")).findings
    assert finding.rule == "class-names-unreadable"
    assert "'labels.txt'" in finding.message


def test_an_exporters_notes_come_from_the_archive_too(tmp_path: Path) -> None:
    text = '{"task": "detect", "stride": 32, "imgsz": 64, "names": {"0": "roof", "1": "pool"}}'
    model = inspected(tmp_path, with_files(simple(), metadata__json=text))
    assert [found.names for found in model.class_names] == [("roof", "pool")]
    assert model.notes == ExportNotes("detect", 32, (64, 64))
    printed = "{'task': 'detect', 'stride': 32, 'imgsz': [64, 64], 'names': {0: 'roof', 1: 'pool'}}"
    older = inspected(tmp_path, with_files(simple(), temp_meta__txt=printed))
    assert (older.class_names[0].names, older.notes) == (("roof", "pool"), model.notes)
    odd = inspected(tmp_path, with_files(simple(), metadata__json="[" * 9))
    assert (odd.class_names, odd.notes, odd.findings) == ((), None, ())


def test_metadata_that_can_not_be_read_are_said(tmp_path: Path) -> None:
    notes = metadata("TFLITE_METADATA", b"no flatbuffer")
    (finding,) = inspected(tmp_path, with_files(simple(**notes), labels__txt="a")).findings
    assert finding.rule == "class-names-unreadable"
    assert finding.message.startswith("The model's metadata can't be read")


def test_an_archive_that_can_not_be_read_is_said(tmp_path: Path) -> None:
    model = flat(simple(**labels(("labels.txt", 2)))) + b"PK\5\6" + b"\xff" * 18
    (finding,) = inspected(tmp_path, model).findings
    assert finding.rule == "class-names-unreadable"


def test_python_functions_are_told_from_tensorflows_operations(tmp_path: Path) -> None:
    model = simple()
    model[1] = [
        {0: 32, 1: name, 3: 32} for name in ("FlexPyFunc", "FlexMul", "Mfcc", "Own", "Own")
    ] + [{0: 32, 3: 32}]
    findings = inspected(tmp_path, model).findings
    assert [finding.rule for finding in findings] == [
        "model-runs-own-code",
        "model-needs-extension",
    ]
    assert "'FlexPyFunc', 'Own'" in findings[0].message
    assert "(Select TF ops): 'Mul'" in findings[1].message


def named(*pairs: Tuple[str, int]) -> List[Dict[int, Any]]:
    return [{0: name, 1: index} for name, index in pairs]


def test_several_signatures_are_told_each_with_its_tensors(tmp_path: Path) -> None:
    model = simple()
    second = {**model[2][0]}
    model[2] = [model[2][0], second]
    model[7] = [
        {0: named(("x", 0)), 1: named(("y", 1)), 2: "classify", 4: 0},
        {0: named(("image", 1)), 1: named(("raw", 0)), 2: "raw", 4: 1},
    ]
    told = inspected(tmp_path, model).signatures
    assert [one.name for one in told] == ["classify", "raw"]
    assert [[t.name for t in one.inputs] for one in told] == [["x"], ["image"]]
    assert [[t.name for t in one.outputs] for one in told] == [["y"], ["raw"]]
    assert told[0].inputs[0].shape == told[1].inputs[0].shape is not None


def test_one_signature_is_the_model_itself(tmp_path: Path) -> None:
    model = simple()
    model[7] = [{0: named(("x", 0)), 1: named(("y", 1)), 2: "serving_default"}]
    assert inspected(tmp_path, model).signatures == ()


def test_signatures_of_very_many_subgraphs_are_told_in_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tflite, "_MOST_GRAPHS", 2)
    model = simple()
    model[2] = [model[2][0]] * 3
    model[7] = [{2: f"s{number}", 4: number} for number in range(3)]
    assert [one.name for one in inspected(tmp_path, model).signatures] == ["s0", "s1"]


def test_a_signature_of_a_subgraph_that_is_not_there(tmp_path: Path) -> None:
    model = simple()
    model[7] = [{2: "a", 4: 0}, {2: "b", 4: 9}]
    assert refused(tmp_path, model).finding.rule == "model-damaged"
