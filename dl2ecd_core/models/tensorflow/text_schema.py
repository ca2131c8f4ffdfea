"""Field names, numbers and kinds of the messages that TensorFlow writes as text.

From the .proto files in https://github.com/tensorflow/tensorflow/tree/master/tensorflow/core
(framework/ and protobuf/); fields that nobody asks for are left out.
"""

from __future__ import annotations

from typing import Dict, NamedTuple, Optional

from . import types


class FieldKind(NamedTuple):
    """A field of a message.

    Attributes
    ----------
    number
        Its number.
    type
        ``text``, ``integer``, ``flag``, ``enum``, ``float``, ``double`` or ``message``.
    message
        The nested message's name.
    """

    number: int
    type: str
    message: Optional[str] = None


def _message(number: int, name: str) -> FieldKind:
    return FieldKind(number, "message", name)


def _text(number: int) -> FieldKind:
    return FieldKind(number, "text")


def _integer(number: int) -> FieldKind:
    return FieldKind(number, "integer")


def _enum(number: int) -> FieldKind:
    return FieldKind(number, "enum")


_ATTRIBUTE_VALUE = {
    "s": _text(2),
    "i": _integer(3),
    "f": FieldKind(4, "float"),
    "b": FieldKind(5, "flag"),
    "type": _enum(6),
    "shape": _message(7, "TensorShapeProto"),
    "tensor": _message(8, "TensorProto"),
}

SCHEMAS: Dict[str, Dict[str, FieldKind]] = {
    "SavedModel": {
        "saved_model_schema_version": _integer(1),
        "meta_graphs": _message(2, "MetaGraphDef"),
    },
    "MetaGraphDef": {
        "meta_info_def": _message(1, "MetaInfoDef"),
        "graph_def": _message(2, "GraphDef"),
        "signature_def": _message(5, "SignatureEntry"),
        "asset_file_def": _message(6, "AssetFileDef"),
    },
    "MetaInfoDef": {
        "tags": _text(4),
        "tensorflow_version": _text(5),
        "tensorflow_git_version": _text(6),
    },
    "AssetFileDef": {"tensor_info": _message(1, "TensorInfo"), "filename": _text(2)},
    "SignatureEntry": {"key": _text(1), "value": _message(2, "SignatureDef")},
    "SignatureDef": {
        "inputs": _message(1, "TensorEntry"),
        "outputs": _message(2, "TensorEntry"),
        "method_name": _text(3),
    },
    "TensorEntry": {"key": _text(1), "value": _message(2, "TensorInfo")},
    "TensorInfo": {
        "name": _text(1),
        "dtype": _enum(2),
        "tensor_shape": _message(3, "TensorShapeProto"),
    },
    "GraphDef": {
        "node": _message(1, "NodeDef"),
        "library": _message(2, "FunctionDefLibrary"),
        "version": _integer(3),
        "versions": _message(4, "VersionDef"),
    },
    "VersionDef": {"producer": _integer(1), "min_consumer": _integer(2)},
    "NodeDef": {
        "name": _text(1),
        "op": _text(2),
        "input": _text(3),
        "device": _text(4),
        "attr": _message(5, "AttrEntry"),
    },
    "AttrEntry": {"key": _text(1), "value": _message(2, "AttrValue")},
    "AttrValue": {
        **_ATTRIBUTE_VALUE,
        "list": _message(1, "ListValue"),
        "func": _message(10, "NameAttrList"),
    },
    "ListValue": {**_ATTRIBUTE_VALUE, "func": _message(9, "NameAttrList")},
    "NameAttrList": {"name": _text(1), "attr": _message(2, "AttrEntry")},
    "TensorShapeProto": {"dim": _message(2, "Dim"), "unknown_rank": FieldKind(3, "flag")},
    "Dim": {"size": _integer(1), "name": _text(2)},
    "TensorProto": {
        "dtype": _enum(1),
        "tensor_shape": _message(2, "TensorShapeProto"),
        "version_number": _integer(3),
        "tensor_content": _text(4),
        "float_val": FieldKind(5, "float"),
        "double_val": FieldKind(6, "double"),
        "int_val": _integer(7),
        "int64_val": _integer(10),
        "bool_val": FieldKind(11, "flag"),
    },
    "FunctionDefLibrary": {"function": _message(1, "FunctionDef")},
    "FunctionDef": {
        "signature": _message(1, "OpDef"),
        "node_def": _message(3, "NodeDef"),
        "ret": _message(4, "TextEntry"),
        "attr": _message(5, "AttrEntry"),
    },
    "TextEntry": {"key": _text(1), "value": _text(2)},
    "OpDef": {
        "name": _text(1),
        "input_arg": _message(2, "ArgDef"),
        "output_arg": _message(3, "ArgDef"),
    },
    "ArgDef": {"name": _text(1), "type": _enum(3)},
}

_DATA_TYPES: Dict[str, str] = {"float32": "FLOAT", "float64": "DOUBLE", "float16": "HALF"}


def _enum_names() -> Dict[str, int]:
    names: Dict[str, int] = {"DT_INVALID": 0}
    for number, name in types.NAMES.items():
        label = f"DT_{_DATA_TYPES.get(name, name.upper())}"
        names[label] = number
        names[f"{label}_REF"] = number + 100
    return names


#: Names of enumeration values.
ENUMS: Dict[str, int] = _enum_names()
