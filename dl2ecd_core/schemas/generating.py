"""The schemas that are made from tables in the code, and how they are written."""

from __future__ import annotations

import json
from typing import Any, Dict

from ..class_info.schema import EMD_NAME, NAME, build_emd_schema, build_schema
from . import file_of
from .documents import build_documents


def generated() -> Dict[str, Dict[str, Any]]:
    """Those that are made from tables in the code, by file name; the shipped ones are equal."""
    documents = {file_of(name): schema for name, schema in build_documents().items()}
    return {NAME: build_schema(), EMD_NAME: build_emd_schema(), **documents}


def text_of(schema: Dict[str, Any]) -> str:
    """A schema as it is written."""
    return json.dumps(schema, indent=2) + "\n"
