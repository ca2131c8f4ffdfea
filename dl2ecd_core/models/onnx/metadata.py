"""What exporters leave in an ONNX file beside the graph: class names, and paths of a machine.

Deepness, the QGIS plugin, writes metadata properties such as model_type and class_names:
https://github.com/PUTvision/qgis-plugin-deepness/blob/devel/docs/source/creators/creators_add_metadata_to_model.rst
Ultralytics writes `names`; PyTorch's exporter writes stack traces into its nodes' properties.
"""

from __future__ import annotations

import re
from typing import Dict, List, Optional, Tuple

from ..class_names import names_in
from ..description import ClassNames
from .document import Document
from .inference.learned import class_labels

#: Properties that may hold class names, the usual ones first.
_KEYS = ("class_names", "names", "classes", "class_labels", "labels", "label_names", "categories",
         "id2label", "mlm", "emd", "stac")  # fmt: skip

# A path that a person's or a build machine's files have; not a URL, not a tensor's name.
_LOCAL_PATH = re.compile(
    r"(?:^|[\s\"'=(:,;])("
    r"(?:/(?:home|Users|root|mnt|media|tmp|opt|usr|var|data|workspace|work|srv)/"
    r"[^\s\"'<>|:,;()]+)"
    r"|(?:[A-Za-z]:\\(?:[^\s\"'<>|:*?\\]+\\)+[^\s\"'<>|:*?\\]*)"
    r")"
)


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


def local_path_in(text: str) -> Optional[str]:
    """A path of the machine that the text was written on; None when there is none."""
    match = _LOCAL_PATH.search(text)
    return match.group(1) if match else None
