"""``python -m dl2ecd_core.schemas``: write the schemas that are made from tables in the code."""

from __future__ import annotations

from . import path
from .generating import generated, text_of

for name, schema in generated().items():
    path(name).write_bytes(text_of(schema).encode("ascii"))
