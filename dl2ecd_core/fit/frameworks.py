"""Classifier against the framework that the model is made for."""

from __future__ import annotations

from typing import Iterator

from ..class_info import ClassInfo
from ..findings import Finding
from ..findings.rules import finding
from ..findings.wording import quoted
from ..models import ModelDescription
from .framework_names import exporter_of, framework_named, framework_of_classifier


def check_framework(model: ModelDescription, info: ClassInfo) -> Iterator[Finding]:
    """Whether Classifier names the model's framework, a relative, or another one."""
    if "Classifier" in info.unusable:
        return
    where = info.where("$.Classifier")
    claimed = framework_of_classifier(info.classifier)
    actual = framework_named(model.framework)
    package = actual.package if actual is not None else model.framework
    if claimed is None:
        yield finding(
            "framework-unlisted",
            f"Classifier {quoted(info.classifier)} is not a framework this tool knows; the model "
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
            f"Classifier {quoted(info.classifier)} is accepted for this {model.framework} model, "
            f"but running it needs {package} installed in ArcGIS Pro's Python.",
            hint=f"Write {quoted(model.framework)} to say exactly what the model needs.",
            where=where,
        )
    else:
        yield finding(
            "framework-mismatch",
            f"Classifier says {quoted(info.classifier)}, but the model is made for "
            f"{model.framework} ({model.format}).",
            hint=f"Write {quoted(model.framework)} as Classifier, or choose the "
            f"{claimed.name} model.",
            where=where,
        )


def _check_onnx(model: ModelDescription, info: ClassInfo, claimed: str) -> Iterator[Finding]:
    exporter = exporter_of(model.producer)
    where = info.where("$.Classifier")
    if claimed == "ONNX":
        return
    if claimed == exporter:
        yield finding(
            "framework-related",
            "The model is an ONNX file: whatever made it, running it needs the package "
            "onnxruntime installed in ArcGIS Pro's Python.",
            hint="Write 'ONNX' as Classifier to say exactly what the model needs, or convert the "
            "original model instead.",
            where=where,
        )
    elif exporter is None:
        yield finding(
            "framework-related",
            f"The model is an ONNX file that does not say which framework exported it, so "
            f"{quoted(info.classifier)} is taken on trust; running it needs the package "
            "onnxruntime installed in ArcGIS Pro's Python.",
            hint="Write 'ONNX' as Classifier to say exactly what the model needs.",
            where=where,
        )
    else:
        yield finding(
            "framework-mismatch",
            f"Classifier says {quoted(info.classifier)}, but the model is an ONNX file that was "
            f"exported from {exporter} ({quoted(model.producer)}).",
            hint=f"Write 'ONNX' or {quoted(exporter)} as Classifier.",
            where=where,
        )
