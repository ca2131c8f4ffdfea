"""Classifier against the framework that the model is made for."""

from __future__ import annotations

import re
from typing import Iterator

from ..class_info import ClassInfo
from ..class_info.definitions import is_definition
from ..findings import Finding
from ..findings.rules import finding
from ..findings.wording import quoted
from ..models import ModelDescription
from .framework_names import exporter_of, framework_named, framework_of_classifier

#: The modules that arcgis.learn's definitions name as Framework.
_ESRIS_OWN = re.compile(r"arcgis(?:\.\w+)+")


def framework_key(info: ClassInfo) -> str:
    """What the document itself calls the framework: a definition has no Classifier."""
    return "Framework" if is_definition(info.document) else "Classifier"


def check_framework(model: ModelDescription, info: ClassInfo) -> Iterator[Finding]:
    """Whether Classifier names the model's framework, a relative, or another one."""
    if "Classifier" in info.unusable:
        return
    key = framework_key(info)
    where = info.where(f"$.{key}")
    if key == "Framework" and _ESRIS_OWN.fullmatch(info.classifier):
        # The module of Esri's that runs the model: no name of a framework, and no mistake.
        return
    claimed = framework_of_classifier(info.classifier)
    actual = framework_named(model.framework)
    package = actual.package if actual is not None else model.framework
    if claimed is None:
        yield finding(
            "framework-unlisted",
            f"{key} {quoted(info.classifier)} is not a framework this tool knows; the model "
            f"is made for {model.framework} ({model.format}).",
            hint=f"If nothing else is meant, write {quoted(model.framework)}.",
            where=where,
        )
    elif model.framework == "ONNX":
        yield from _check_onnx(model, info, claimed.name)
    elif claimed.name == model.framework:
        return
    elif model.framework in claimed.relatives:
        yield finding(
            "framework-related",
            f"{key} {quoted(info.classifier)} is accepted for this {model.framework} model, "
            f"but running it needs {package} installed in ArcGIS Pro's Python.",
            hint=f"Write {quoted(model.framework)} to say exactly what the model needs.",
            where=where,
        )
    else:
        yield finding(
            "framework-mismatch",
            f"{key} says {quoted(info.classifier)}, but the model is made for "
            f"{model.framework} ({model.format}).",
            hint=f"Write {quoted(model.framework)} as {key}, or choose the {claimed.name} model.",
            where=where,
        )


def _check_onnx(model: ModelDescription, info: ClassInfo, claimed: str) -> Iterator[Finding]:
    exporter = exporter_of(model.producer)
    key = framework_key(info)
    where = info.where(f"$.{key}")
    if claimed == "ONNX":
        return
    if claimed == exporter:
        yield finding(
            "framework-related",
            "The model is an ONNX file: whatever made it, running it needs the package "
            "onnxruntime installed in ArcGIS Pro's Python.",
            hint=f"Write 'ONNX' as {key} to say exactly what the model needs, or convert the "
            "original model instead.",
            where=where,
        )
    elif exporter is None:
        yield finding(
            "framework-related",
            f"The model is an ONNX file that does not say which framework exported it, so "
            f"{quoted(info.classifier)} is taken on trust; running it needs the package "
            "onnxruntime installed in ArcGIS Pro's Python.",
            hint=f"Write 'ONNX' as {key} to say exactly what the model needs.",
            where=where,
        )
    else:
        yield finding(
            "framework-mismatch",
            f"{key} says {quoted(info.classifier)}, but the model is an ONNX file that was "
            f"exported from {exporter} ({quoted(model.producer)}).",
            hint=f"Write 'ONNX' or {quoted(exporter)} as {key}.",
            where=where,
        )
