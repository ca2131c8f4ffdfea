"""Class names that exporters leave in an ONNX file beside the graph.

Deepness, the QGIS plugin, writes metadata properties such as model_type and class_names:
https://github.com/PUTvision/qgis-plugin-deepness/blob/devel/docs/source/creators/creators_add_metadata_to_model.rst
Ultralytics writes `names`.
"""

from __future__ import annotations

from typing import Dict, List, Tuple

from ...network.operations.learned import class_labels
from ..class_names import names_in
from ..description import ClassNames
from .document import Document

#: Properties that may hold class names, the usual ones first.
_KEYS = ("class_names", "names", "classes", "class_labels", "labels", "label_names", "categories",
         "id2label", "mlm", "emd", "stac")  # fmt: skip


def class_names(document: Document) -> Tuple[ClassNames, ...]:
    """Class names in metadata properties and in classifiers' labels."""
    found: List[ClassNames] = []
    by_key: Dict[str, str] = {key.lower(): key for key in document.properties}
    for wanted in _KEYS:
        key = by_key.get(wanted)
        names = names_in(document.properties[key]) if key is not None else None
        if names is not None:
            found.append(ClassNames(names, f"metadata property '{key}'"))
    for node in document.graph.nodes:
        if node.domain == "ai.onnx.ml" and node.op.endswith("Classifier"):
            _, labels = class_labels(node.attributes)
            if labels:
                found.append(ClassNames(labels, f"class labels of the operation {node.op}"))
    return tuple(dict.fromkeys(found))
