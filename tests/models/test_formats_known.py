"""What is said of a file of no known format: which are known, and where they are described."""

from __future__ import annotations

from pathlib import Path

import pytest

import dl2ecd_core
from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models import inspect_model
from dl2ecd_core.models.formats import FORMATS


@pytest.mark.parametrize(
    "content", [b"\0" * 300, b"cos\nsystem\n(S'a'\n"], ids=["zeros", "perhaps a pickle"]
)
def test_names_every_format_and_where_they_are_described(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.model").write_bytes(content)
    with pytest.raises(ModelFileError) as refused:
        inspect_model(tmp_path / "a.model")
    item = refused.value.finding
    assert item.rule == "model-not-recognised"
    assert all(known.id in item.hint for known in FORMATS)
    assert "(dl2ecd_core/models/README.md)" in item.hint
    assert (Path(dl2ecd_core.__file__).parent / "models" / "README.md").is_file()
