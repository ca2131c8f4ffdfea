"""Class names that exporters leave in an ONNX file beside the graph.

Deepness, the QGIS plugin, writes metadata properties such as model_type and class_names:
https://github.com/PUTvision/qgis-plugin-deepness/blob/devel/docs/source/creators/creators_add_metadata_to_model.rst
Ultralytics writes `names`.
"""

from __future__ import annotations

from typing import Dict, Iterator, Optional, Tuple

from ...findings import Finding
from ...network.operations.learned import class_labels
from ...wire.protobuf import Message
from ...wire.source import ByteSource
from ..class_names import Found, names_in, names_in_document, sorted_out
from ..description import ClassNames
from ..registry import Match
from .document import Document, read_document
from .recognition import recognise

#: Properties that may hold class names, the usual ones first.
_KEYS = ("class_names", "names", "classes", "class_labels", "labels", "label_names", "categories",
         "id2label")  # fmt: skip
#: Properties with documents that may name classes among other things.
_DOCUMENTS = ("mlm", "emd", "stac", "config")


#: A class information document, whole, that an export left in the file.
CLASS_INFORMATION = "dl2ecd_class_information"


def carried_class_information(source: ByteSource) -> Optional[str]:
    """The class information that an ONNX file carries; None where it is none, or carries none.

    Raises
    ------
    ModelFileError
        When the file is damaged.
    """
    if recognise(source) is not Match.SURE:
        return None
    properties = read_document(Message(source, what="the model")).properties
    return properties.get(CLASS_INFORMATION)


def class_names(document: Document) -> Tuple[Tuple[ClassNames, ...], Tuple[Finding, ...]]:
    """Class names in metadata properties and in classifiers' labels, and what can't be read."""
    return sorted_out(_found(document))


def _found(document: Document) -> Iterator[Found]:
    by_key: Dict[str, str] = {key.lower(): key for key in document.properties}
    for wanted in (*_KEYS, *_DOCUMENTS):
        key = by_key.get(wanted)
        if key is not None:
            read = names_in if wanted in _KEYS else names_in_document
            yield read(document.properties[key], f"metadata property '{key}'")
    for node in document.graph.nodes:
        if node.domain == "ai.onnx.ml" and node.op.endswith("Classifier"):
            _, labels = class_labels(node.attributes)
            if labels:
                yield ClassNames(labels, f"class labels of the operation {node.op}")
