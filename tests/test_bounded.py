"""Inputs that grow out of all proportion: doubling functions, backslashes, endless values."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Callable, Dict, List

import pytest

from dl2ecd_core.class_info import examine_class_info
from dl2ecd_core.ecd import scan
from dl2ecd_core.ecd.extraction import extract
from dl2ecd_core.ecd.reader import examine_ecd, read_ecd
from dl2ecd_core.json_text import parse
from dl2ecd_core.json_text.places import steps_of
from dl2ecd_core.models import inspect_model
from dl2ecd_core.models.tensorflow import walk as walk_module
from tests.ecd.conftest import files_of, fresh, rewrite
from tests.models.cntk.writers import field
from tests.work import calls_of, growth

__all__ = ["fresh"]


def most_memory(action: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


class TestBackslashes:
    """A regular expression takes memory for each turn of a group: pieces are taken one by one."""

    @pytest.mark.parametrize(
        "text",
        [
            '{"a": "' + "\\" * 400_000 + '"}',
            '"' + '\\"' * 200_000,
            "{'a': '" + "\\\\" * 200_000 + "'}",
            "{'a': '" + "\\q" * 200_000 + "'}",
            "{'a': '" + "\\'" * 200_000 + "'}",
            '{"' + "\\\\" * 200_000 + '": 1, }',
            '{"a": "' + "\\q" * 200_000 + '"}',
        ],
    )
    def test_take_memory_in_proportion(self, text: str) -> None:
        assert most_memory(lambda: parse(text)) < 16 * len(text)

    def test_a_path_of_them_is_taken_apart_in_pieces(self) -> None:
        path = "$['" + "\\\\" * 200_000 + "'].b"
        assert most_memory(lambda: steps_of(path)) < 16 * len(path)
        assert steps_of(path) == ("\\" * 200_000, "b")
        assert steps_of("$['open") == ()

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("{'a': 'it\\'s'}", "it's"),
            ("{'a': 'b\\\\'}", "b\\\\"),
            ("{'a': '" + "x\\'" * 300 + "'}", "x'" * 300),
        ],
    )
    def test_single_quotes_read_as_before(self, text: str, value: str) -> None:
        assert parse(text).value == {"a": value}


class TestDoublingFunctions:
    """Functions of TensorFlow that each call the next one twice."""

    def function(self, level: int) -> bytes:
        argument = field(1, b"x") + field(3, 1)
        signature = field(1, b"f%d" % level) + field(2, argument)
        signature += field(3, field(1, b"y") + field(3, 1))

        def node(name: bytes, op: bytes, given: bytes) -> bytes:
            kind = field(5, field(1, b"T") + field(2, field(6, 1)))
            return field(3, field(1, name) + field(2, op) + field(3, given) + kind)

        if level == 0:
            body, given = node(b"r", b"Relu", b"x"), b"r:activations:0"
        else:
            inner = b"f%d" % (level - 1)
            body, given = node(b"a", inner, b"x") + node(b"b", inner, b"a:y:0"), b"b:y:0"
        return field(1, field(1, signature) + body + field(4, field(1, b"y") + field(2, given)))

    def graph(self, folder: Path, levels: int) -> Path:
        shape = field(2, field(1, 1)) + field(2, field(1, 3))
        attributes = field(5, field(1, b"dtype") + field(2, field(6, 1)))
        attributes += field(5, field(1, b"shape") + field(2, field(7, shape)))
        image = field(1, field(1, b"x") + field(2, b"Placeholder") + attributes)
        top = field(1, field(1, b"top") + field(2, b"f%d" % (levels - 1)) + field(3, b"x"))
        library = field(2, b"".join(self.function(level) for level in range(levels)))
        path = folder / "doubling.pb"
        path.write_bytes(image + top + library)
        return path

    def test_a_few_levels_are_followed(self, tmp_path: Path) -> None:
        (output,) = inspect_model(self.graph(tmp_path, 8)).outputs
        assert output.shape == (1, 3)

    def test_many_levels_take_no_more_than_some(self, tmp_path: Path) -> None:
        some = calls_of(lambda: inspect_model(self.graph(tmp_path, 14)))
        many = calls_of(lambda: inspect_model(self.graph(tmp_path, 40)))
        assert many < 3 * some
        (output,) = inspect_model(self.graph(tmp_path, 40)).outputs
        assert output.shape is None

    def test_operations_in_calls_are_counted(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(walk_module, "_limits", lambda size: (3, 1000))
        (output,) = inspect_model(self.graph(tmp_path, 6)).outputs
        assert output.shape is None


class TestValues:
    @pytest.mark.parametrize("value", ["[]", "{}"])
    def test_an_ecd_of_lists_without_an_end_is_refused_before_it_is_taken_apart(
        self, tmp_path: Path, value: str
    ) -> None:
        path = tmp_path / "a.ecd"
        values = ",".join([value] * (scan.MOST_CONTAINERS + 1))
        path.write_text(f'{{"EsriClassifierDefinitionFile": 0, "x": [{values}]}}')
        assert most_memory(lambda: examine_ecd(path)) < 8 * path.stat().st_size
        (item,) = examine_ecd(path)[1]
        assert item.rule == "ecd-not-readable"
        assert "300,000 objects and lists" in item.message

    def test_an_ecd_of_numbers_without_an_end(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(scan, "MOST_VALUES", 1000)
        path = tmp_path / "a.ecd"
        for count, refused in ((990, False), (1001, True)):
            path.write_text(f'{{"EsriClassifierDefinitionFile": 0, "x": {[1] * count}}}')
            rules = [item.rule for item in examine_ecd(path)[1]]
            assert ("ecd-not-readable" in rules) is refused

    def test_the_largest_class_information_becomes_an_ecd_that_can_be_read(self) -> None:
        # A million parts, 21 of them to a class; in the .ecd, it is there three times.
        classes = 1_000_000 // 21
        entry: Dict[str, object] = {"Value": 1, "Name": "a", "Color": [1, 2, 3]}
        listed = {
            "ClassIndex": 1,
            "ClassValue": 1,
            "ClassName": "a",
            "Red": 1,
            "Green": 2,
            "Blue": 3,
        }
        text = json.dumps([entry, entry, listed])
        containers = text.count("[") + text.count("{") - 1
        assert classes * containers < scan.MOST_CONTAINERS
        assert classes * (containers + text.count(",") + 1) < scan.MOST_VALUES


def test_the_work_of_extraction_grows_with_the_number_of_files(fresh: Path, tmp_path: Path) -> None:
    def made(count: int) -> Path:
        path = fresh.with_name(f"{count}.ecd")
        path.write_bytes(fresh.read_bytes())

        def change(document: Dict[str, object]) -> None:
            files: List[Dict[str, object]] = files_of(document)
            files += [{**files[0], "Path": f"b/{number}.model"} for number in range(count)]

        rewrite(path, change)
        return path

    sizes = {count: read_ecd(made(count)) for count in (20, 80)}

    def take(count: int) -> None:
        extract(sizes[count], tmp_path / f"out{count}", overwrite=True)

    assert growth(take, 20, 80) < 1.3


def test_class_information_of_backslashes_gives_findings(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('"' + '\\"' * 100_000)
    assert examine_class_info(path).findings
