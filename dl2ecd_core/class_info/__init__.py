"""The class information document: what a person says about a model's classes."""

from __future__ import annotations

from .description import ClassInfo, LandClass
from .examination import examine_class_info, read_class_info

__all__ = ["ClassInfo", "LandClass", "examine_class_info", "read_class_info"]
