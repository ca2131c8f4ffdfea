"""Mending class information: every mistake that has one certain mending, and nothing else."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dl2ecd_core.class_info.examination import examine_text
from dl2ecd_core.findings import errors_in
from dl2ecd_core.findings.errors import Dl2EcdError
from dl2ecd_core.fixing import Fixed, fixed, write_fixed
from dl2ecd_core.json_text import parse
from dl2ecd_core.json_text.mends import Mend, mended
from tests.documents import land_classes
from tests.test_json_text import MISTAKES

#: Where a person has to say what is meant.
NOT_CERTAIN = {
    "json-missing-value", "json-not-a-number", "json-number-too-large", "json-path-escape",
    "json-half-character", "json-duplicate-key", "json-truncated", "json-text-after-end",
    "document-not-json", "json-unexpected",
}  # fmt: skip


def mend(folder: Path, content: Any) -> Fixed:
    path = folder / "classes.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return fixed(path)


@pytest.mark.parametrize(("text", "rules", "under", "value"), MISTAKES)
def test_every_mistake_of_syntax_with_one_mending_is_mended(
    tmp_path: Path, text: str, rules: List[str], under: str, value: object
) -> None:
    done = mend(tmp_path, text)
    certain = NOT_CERTAIN.isdisjoint(rules)
    # Of a NUL and of a bracket of the wrong kind nobody knows what was meant.
    if "\0" in text or text == '{"a": [1, 2}':
        certain = False
    assert done.changed is certain
    assert done.after == text or certain
    if certain:
        assert json.loads(done.after) == value
        assert parse(done.after).findings == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # A comment goes with the blanks before it, and with its line when it is alone there.
        ('{\n  // one\n  "a": 1 # two\n}\n', '{\n  "a": 1\n}\n'),
        ('{"a": 1}\r\n/* one\r\ntwo */\r\n', '{"a": 1}\r\n'),
        ('{"a":/* one */1} // two', '{"a":1}'),
        ('{"a": [\n 1,\n 2,\n]}', '{"a": [\n 1,\n 2\n]}'),
        ('{"a": "b"\n "c": 1}', '{"a": "b",\n "c": 1}'),
        ("{‘a’: ‘b’}", '{"a": "b"}'),
        ("{'a': 'say \"b\"'}", '{"a": "say \\"b\\""}'),
        ('{a: Öde Fläche}', '{"a": "Öde Fläche"}'),
        ('{"a": "x\ty\tz"}', '{"a": "x\\ty\\tz"}'),
        (r'{"a": "it\'s 50\%"}', r'{"a": "it' + "'" + r's 50\\%"}'),
        ('{"a":\u00a0\u200b1}', '{"a": 1}'),
        ('{"a": 1_000, "b": 5., "c": -.5, "d": +0x1F}',
         '{"a": 1000, "b": 5.0, "c": -0.5, "d": 31}'),
        ('"a": 1}', '{"a": 1}'),
    ],
)  # fmt: skip
def test_what_was_right_stays_as_it_was_written(tmp_path: Path, before: str, after: str) -> None:
    assert mend(tmp_path, before).after == after


@pytest.mark.parametrize(
    "text",
    [
        "{\"a\": 'C:\\data\\x'}",
        '{"a": “C:\\data”}',
        '{"a": \'b\n}',
        '{"a": “b\n}',
        '{"a": C:\\data}',
        "{a\\b: 1}",
        '{"a": "b\\nc 50\\%"}',
    ],
)
def test_what_can_be_read_in_two_ways_is_left_to_its_author(tmp_path: Path, text: str) -> None:
    assert not mend(tmp_path, text).changed


def test_what_can_be_mended_is_mended_beside_what_can_not(tmp_path: Path) -> None:
    done = mend(tmp_path, '{\'a\': NaN, "b": [1,], "c": }')
    assert done.after == '{"a": NaN, "b": [1], "c": }'


def test_a_mend_after_which_a_text_says_something_else_is_taken_back(tmp_path: Path) -> None:
    text = '{\n "a: 1,\n "b": [\n  {\'\n   "c": 1}]}'
    assert mend(tmp_path, text).after == text.replace('"a:', '"a":')


def test_of_two_mends_in_one_place_the_first_counts() -> None:
    assert mended("abcd", [Mend(0, 2, "x"), Mend(1, 3, "y"), Mend(3, 4, "z")]) == "xcz"


def test_thousands_of_mistakes_are_mended_so_far(tmp_path: Path) -> None:
    assert mend(tmp_path, f"[{'1 ' * 300}]").after == f"[{'1, ' * 299}1 ]"


def test_endless_mistakes_are_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dl2ecd_core.fixing._MOST_MISTAKES", 50)
    assert not mend(tmp_path, f"[{'1 ' * 60}]").changed


def test_nothing_is_mended_in_a_line_where_something_has_no_place(tmp_path: Path) -> None:
    done = mend(tmp_path, '{"a": [1,],\n "b": "x"y", "c": [1,],\n "d": [1,]}')
    assert done.after == '{"a": [1],\n "b": "x"y", "c": [1,],\n "d": [1]}'


def test_values_are_mended_beside_broken_syntax_but_not_in_it(tmp_path: Path) -> None:
    text = '{"Version": "1", "DataRange": ["0", "1" 2], "ImageHeight": "7", "a": }'
    after = mend(tmp_path, text.replace('"1" 2', '"1", nan')).after
    assert after == '{"Version": 1, "DataRange": ["0", "1", nan], "ImageHeight": 7, "a": }'


def document(**changes: Any) -> Dict[str, Any]:
    whole: Dict[str, Any] = {
        "ImportDeepLearningModelToEsriExtraInfo": 0,
        "Version": 1,
        "Classifier": "CNTK",
        "NumberRasterBands": 4,
        "Classes": land_classes(2),
    }
    whole.update(changes)
    return {key: value for key, value in whole.items() if value is not ...}


def one_class(**entry: Any) -> Dict[str, Any]:
    return document(Classes=[{"Value": 1, "Name": "a", "Color": [1, 2, 3], **entry}])


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        (document(NumberRasterBands="4"), document(NumberRasterBands=4)),
        (document(Version=" 1 "), document(Version=1)),
        (document(ImageHeight="256"), document(ImageHeight=256)),
        (document(Classifier=5), document(Classifier="5")),
        (document(ModelStorage="Embedded"), document(ModelStorage="embedded")),
        (document(ModelType="image classification"), document(ModelType="ImageClassification")),
        (document(ModelConfiguration="deep_lab"), document(ModelConfiguration="DeepLab")),
        (document(DataRange=["0", "1.5"]), document(DataRange=[0, 1.5])),
        (document(DataRange=[0, "1"]), document(DataRange=[0, 1])),
        (one_class(Value="1"), one_class(Value=1)),
        (one_class(Value="-7"), one_class(Value=-7)),
        (one_class(Name=7), one_class(Name="7")),
        (one_class(Color="#38a800"), one_class(Color=[56, 168, 0])),
        (one_class(Color="56, 168, 0"), one_class(Color=[56, 168, 0])),
        (one_class(Color=["56", "168", "0"]), one_class(Color=[56, 168, 0])),
        (one_class(Color=[56, 168, 0, 255]), one_class(Color=[56, 168, 0])),
        (one_class(Color=[0.22, 0.66, 0]), one_class(Color=[56, 168, 0])),
    ],
)  # fmt: skip
def test_every_mistake_of_a_value_with_one_mending_is_mended(
    tmp_path: Path, wrong: Any, right: Any
) -> None:
    done = mend(tmp_path, json.dumps(wrong, indent=1))
    assert json.loads(done.after) == right
    assert not errors_in(done.findings)


@pytest.mark.parametrize(
    ("key", "meant"),
    [("version", "Version"), ("number_raster_bands", "NumberRasterBands"), ("CLASSES", "Classes"),
     ("Mini Batch Size", "MiniBatchSize")],
)  # fmt: skip
def test_a_key_in_other_capitals_is_that_key(tmp_path: Path, key: str, meant: str) -> None:
    whole = document(MiniBatchSize=4)
    wrong = {key if name == meant else name: value for name, value in whole.items()}
    assert json.loads(mend(tmp_path, json.dumps(wrong)).after) == whole


def test_keys_of_classes_too_and_their_values_with_them(tmp_path: Path) -> None:
    wrong = document(classes=[{"VALUE": "1", "class_name": 5, "red": "1", "Green": 2, "Blue": 3}])
    del wrong["Classes"]
    (entry,) = json.loads(mend(tmp_path, json.dumps(wrong)).after)["Classes"]
    assert entry == {"Value": 1, "ClassName": "5", "Red": 1, "Green": 2, "Blue": 3}


@pytest.mark.parametrize(
    "left",
    [
        document(NumberRasterBands="four"),
        document(NumberRasterBands="-4"),
        document(NumberRasterBands="99999999999"),
        document(NumberRasterBands=4.5),
        document(Version="2"),
        document(Version=True),
        document(Classifier=True),
        document(Classifier=None),
        document(ModelStorage=7),
        document(ModelStorage="inside"),
        document(DataRange=["low", "high"]),
        document(DataRange=["0"]),
        document(DataRange=[None, "1"]),
        document(DataRange="[" * 100_000),
        document(DataRange=[1, 0]),
        document(Clases=[1], Classes=...),
        document(version=1, VERSION=1, Version=...),
        document(Classes={"0": "a"}),
        document(Classes=["a"]),
        one_class(Color="mauve"),
        one_class(Color="300,1,2"),
        one_class(Color=5),
        one_class(Color=["300", "1", "2"]),
        one_class(Color=[300, 1, 2, 3]),
        one_class(Color=[1, 2, 3, 300]),
        one_class(Color=[1, 2]),
        one_class(Color=[True, 1, 2]),
        one_class(Color=[1.5, 2, 3]),
        one_class(Color=["a", "b", "c"]),
        one_class(Value="x"),
        {"EsriClassifierDefinitionFile": 0, "version": "1"},
        [1, 2],
    ],
)  # fmt: skip
def test_what_only_its_author_can_know_is_left(tmp_path: Path, left: Any) -> None:
    done = mend(tmp_path, json.dumps(left))
    assert not done.changed
    assert done.content == (tmp_path / "classes.json").read_bytes()


def test_a_model_definition_is_mended_too(tmp_path: Path) -> None:
    text = '{"Framework": "CNTK", "ModelFile": "a", "ImageHeight": "256", "Classes": [],}'
    assert '"ImageHeight": 256, "Classes": []}' in mend(tmp_path, text).after


class TestEncodings:
    TEXT = '{"Classifier": "Wälder" // one\n}'

    def test_windows_ansi_becomes_utf_8(self, tmp_path: Path) -> None:
        done = mend(tmp_path, self.TEXT.encode("cp1252"))
        assert done.reencoded
        assert done.content == '{"Classifier": "Wälder"\n}'.encode()

    def test_bytes_that_no_letter_has_are_left(self, tmp_path: Path) -> None:
        done = mend(tmp_path, b'{"Classifier": "W\x81lder",}')
        assert (done.changed, done.findings[0].rule) == (False, "json-encoding")

    def test_damaged_utf_16_is_left(self, tmp_path: Path) -> None:
        done = mend(tmp_path, b"\xff\xfe" + '{"a": 1,}'.encode("utf-16-le") + b"\xd8")
        assert not done.changed

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
    def test_others_that_are_right_are_kept(self, tmp_path: Path, encoding: str) -> None:
        data = self.TEXT.encode(encoding)
        done = mend(tmp_path, data)
        assert not done.reencoded
        assert done.content == '{"Classifier": "Wälder"\n}'.encode(encoding)
        assert data.startswith(done.content[:3][:2])


class TestWriting:
    def test_beside(self, tmp_path: Path) -> None:
        mend(tmp_path, '{"a": 1,}')
        done = write_fixed(tmp_path / "classes.json", tmp_path / "out.json")
        assert (tmp_path / "out.json").read_text() == '{"a": 1}' == done.after
        assert (tmp_path / "classes.json").read_text() == '{"a": 1,}'

    def test_in_place(self, tmp_path: Path) -> None:
        mend(tmp_path, '{"a": 1,}')
        write_fixed(tmp_path / "classes.json")
        assert (tmp_path / "classes.json").read_text() == '{"a": 1}'

    def test_what_is_right_is_not_touched_in_place(self, tmp_path: Path) -> None:
        mend(tmp_path, '{"a": 1}')
        before = (tmp_path / "classes.json").stat()
        write_fixed(tmp_path / "classes.json")
        after = (tmp_path / "classes.json").stat()
        assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)

    def test_nothing_is_overwritten_unasked(self, tmp_path: Path) -> None:
        mend(tmp_path, '{"a": 1,}')
        (tmp_path / "out.json").write_text("mine")
        with pytest.raises(Dl2EcdError, match="exists already"):
            write_fixed(tmp_path / "classes.json", tmp_path / "out.json")
        write_fixed(tmp_path / "classes.json", tmp_path / "out.json", overwrite=True)
        assert (tmp_path / "out.json").read_text() == '{"a": 1}'

    def test_the_input_is_no_output(self, tmp_path: Path) -> None:
        mend(tmp_path, '{"a": 1,}')
        with pytest.raises(Dl2EcdError, match="is the input"):
            write_fixed(tmp_path / "classes.json", tmp_path / "classes.json", overwrite=True)

    @pytest.mark.parametrize("data", [None, b"", b"PK\x03\x04" + bytes(100)])
    def test_what_is_no_text_is_refused(self, tmp_path: Path, data: Optional[bytes]) -> None:
        if data is not None:
            (tmp_path / "classes.json").write_bytes(data)
        with pytest.raises(Dl2EcdError):
            fixed(tmp_path / "classes.json")

    def test_the_diff(self, tmp_path: Path) -> None:
        lines = mend(tmp_path, '{"a": 1,\n"b": 2,}').diff.splitlines()
        assert lines[2:] == ["@@ -1,2 +1,2 @@", ' {"a": 1,', '-"b": 2,}', '+"b": 2}']


#: Ways to break a right document that have one mending, with what they do to the text.
BREAKS: Tuple[Tuple[str, str], ...] = (
    ("]", ",]"), ("}", ",}"), (": ", " = "), (", ", "; "), ("true", "True"), ("null", "None"),
    ("\n", " // remark\n"), ("\n", "\n# remark\n"), (": ", ":\u00a0"),
)  # fmt: skip
LEAVES = st.one_of(
    st.integers(-(10**6), 10**6), st.booleans(), st.none(),
    st.text(st.characters(whitelist_categories=["L", "Nd"]), max_size=6),
)  # fmt: skip
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        | st.dictionaries(st.sampled_from("abcde"), inner, min_size=1, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=60)
@given(
    value=st.dictionaries(st.sampled_from("uvwxyz"), VALUES, min_size=1), seed=st.integers(0, 99)
)
def test_a_broken_document_becomes_what_it_was(
    tmp_path_factory: pytest.TempPathFactory, value: Any, seed: int
) -> None:
    right = json.dumps(value, indent=1, ensure_ascii=False) + "\n"
    choice = random.Random(seed)
    broken = right
    for old, new in choice.sample(BREAKS, 3):
        places = [at for at in range(len(broken)) if broken.startswith(old, at)]
        if places and "," + old not in broken:
            at = choice.choice(places)
            broken = broken[:at] + new + broken[at + len(old) :]
    folder = tmp_path_factory.getbasetemp()
    done = mend(folder, broken)
    if parse(broken).value == value and not parse(done.after).findings:
        # Blanks beside what was mended may differ.
        assert "".join(done.after.split()) == "".join(right.split())


@settings(max_examples=60)
@given(value=VALUES)
def test_what_was_right_stays_byte_for_byte(
    tmp_path_factory: pytest.TempPathFactory, value: Any
) -> None:
    right = json.dumps(document(Further=value), indent=1, ensure_ascii=False).encode("utf-8")
    done = mend(tmp_path_factory.getbasetemp(), right)
    assert (done.changed, done.content, done.diff) == (False, right, "")


@given(text=st.text(max_size=60))
def test_no_mending_makes_a_text_worse(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        done = fixed(path)
    except Dl2EcdError:
        return
    before, after = parse(done.before), parse(done.after)
    assert len(after.findings) <= len(before.findings) or before.findings != after.findings
    assert len(examine_text(after, "x").findings) <= len(examine_text(before, "x").findings)
