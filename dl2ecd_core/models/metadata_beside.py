"""The metadata file that exporters put beside models whose format has no place for it.

ultralytics writes ``metadata.yaml`` into the folders of its SavedModel, OpenVINO, Paddle and TFLite
exports; PaddleDetection writes ``infer_cfg.yml`` with a ``label_list``.
https://docs.ultralytics.com/modes/export/,
https://github.com/PaddlePaddle/PaddleDetection/blob/develop/deploy/EXPORT_MODEL_en.md
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Dict, Optional, Tuple

from ..class_names import LONGEST_TEXT, YamlMissing, YamlUnreadable, load_yaml
from ..files.plain_files import is_plain
from ..findings.errors import ModelFileError
from ..findings.wording import quoted
from ..wire.source import ByteSource
from .class_names import Found, names_of_value, sorted_out, unreadable
from .description import ModelDescription, ModelPart
from .export_notes import notes_in

#: What each format's exporters call it, and the key under which the names stand.
_FILES: Dict[str, Tuple[Tuple[str, str], ...]] = {
    "tensorflow-savedmodel": (("metadata.yaml", "names"),),
    "openvino-ir": (("metadata.yaml", "names"),),
    "tflite": (("metadata.yaml", "names"),),
    "paddle": (
        ("metadata.yaml", "names"),
        ("infer_cfg.yml", "label_list"),
        ("inference.yml", "label_list"),
    ),
}


def with_metadata_beside(model: ModelDescription) -> ModelDescription:
    """The description with the names and notes of a metadata file beside the model, if any.

    The file becomes one of the model's, so that an .ecd brings it along. What the model itself
    carries comes first.
    """
    if model.class_names:
        return model
    primary = model.primary.location
    for name, key in _FILES.get(model.format, ()):
        path = primary.with_name(name)
        if is_plain(path):
            return _taken(model, path, key)
    return model


def _taken(model: ModelDescription, path: Path, key: str) -> ModelDescription:
    source = f"file {quoted(path.name)} beside the model"
    found: Found = None
    document: Optional[Dict[str, object]] = None
    size = 0
    try:
        with ByteSource(path) as file:
            size = file.size
            text = file.read_up_to(0, LONGEST_TEXT + 1).decode("utf-8-sig", "replace")
        loaded = load_yaml(text)
        if isinstance(loaded, dict):
            document = loaded
            found = names_of_value(document.get(key), source)
    except ModelFileError:
        return model
    except YamlMissing:
        found = unreadable(source, "it is YAML, and the Python package PyYAML is not installed")
    except YamlUnreadable as error:
        found = unreadable(source, error.reason)
    lists, findings = sorted_out((found,))
    if not lists:
        return replace(model, findings=(*model.findings, *findings))
    part = ModelPart(_path_in(model, path.name), path, size)
    known = {one.path for one in model.files}
    return replace(
        model,
        class_names=lists,
        notes=model.notes or notes_in(document or {}),
        files=model.files if part.path in known else (*model.files, part),
    )


def _path_in(model: ModelDescription, name: str) -> str:
    """The path of a file beside the primary one, as the model's files have theirs."""
    folder, slash, _ = model.primary.path.rpartition("/")
    return f"{folder}{slash}{name}"
