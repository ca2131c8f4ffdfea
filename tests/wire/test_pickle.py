"""Pickles are walked over, never loaded: what they would build, import and call is noted."""

from __future__ import annotations

import builtins
import collections
import os
import pickle
import struct
import sys
import tracemalloc
from pathlib import Path
from typing import Callable, List, Optional, Set, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dl2ecd_core.wire import pickle as walker
from dl2ecd_core.wire.pickle import walk_pickle
from dl2ecd_core.wire.pickle_values import (
    Made,
    Persistent,
    PickledDict,
    Unordered,
    Unread,
    Walk,
    class_path,
    text_entries,
)
from dl2ecd_core.wire.source import ByteSource

CANARY: List[str] = []


def sing(song: str) -> str:
    """Called only if a pickle was loaded after all."""
    CANARY.append(song)
    return song


class Singer:
    """Sings when its pickle is loaded."""

    def __reduce__(self) -> Tuple[Callable[[str], str], Tuple[str]]:
        return sing, ("loaded!",)


def walk(folder: Path, data: bytes) -> Walk:
    path = folder / "x.pkl"
    path.write_bytes(data)
    with ByteSource(path) as source:
        return walk_pickle(source)


def plain(value: object) -> object:
    """Stand-ins turned back into Python's own containers, for comparison."""
    if isinstance(value, PickledDict):
        pairs = [*value.text.items(), *(value.others or [])]
        return {plain(key): plain(item) for key, item in pairs}
    if isinstance(value, Unordered):
        return frozenset(plain(item) for item in value.items)
    if isinstance(value, (list, tuple)):
        return type(value)(plain(item) for item in value)
    if isinstance(value, Made):
        # Protocols 0 to 2 know no sets: they call the class with a list.
        path = class_path(value) or ""
        assert path.endswith(("set", "bytes", "bytearray")), path
        first = plain(value.args[0]) if isinstance(value.args, tuple) and value.args else ()
        kind = getattr(builtins, path.split(".")[1])
        return kind(first) if isinstance(first, (list, tuple, bytes)) else kind()
    return value


leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.binary()
)
data = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.tuples(inner, inner)
        | st.dictionaries(leaves, inner, max_size=5)
        | st.frozensets(leaves, max_size=3)
    ),
    max_leaves=20,
)


@given(data, st.integers(0, pickle.HIGHEST_PROTOCOL))
def test_plain_data_come_out_as_they_went_in(
    tmp_path_factory: pytest.TempPathFactory, value: object, protocol: int
) -> None:
    written = pickle.dumps(value, protocol)
    found = walk(tmp_path_factory.getbasetemp(), written)
    assert found.problem is None or "pickle" in found.problem
    assert plain(found.value) == value
    assert found.end == len(written)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_imports_and_calls_are_noted_and_nothing_runs(tmp_path: Path, protocol: int) -> None:
    song = f"{sing.__module__}.sing"
    found = walk(tmp_path, pickle.dumps({"weights": Singer()}, protocol))
    assert [item.path for item in found.imports] == [song]
    assert found.called == {song}
    made = (text_entries(found.value) or {})["weights"]
    assert isinstance(made, Made)
    assert made.args == ("loaded!",)
    assert CANARY == []


def test_the_canary_would_sing_if_it_were_loaded() -> None:
    pickle.loads(pickle.dumps(Singer()))
    assert CANARY == ["loaded!"]
    CANARY.clear()


def test_nothing_is_imported(tmp_path: Path) -> None:
    before = set(sys.modules)
    walk(tmp_path, b"cantigravity\nfly\n(S'x'\ntR.")
    assert "antigravity" not in set(sys.modules) - before


@pytest.mark.parametrize(
    "data",
    [
        b"cposix\nsystem\n(S'x'\ntR.",
        b"(S'x'\niposix\nsystem\n.",
        b"(cposix\nsystem\nS'x'\no.",
        b"\x80\x04\x8c\x05posix\x8c\x06system\x93)R.",
        b"\x80\x04Vposix\nV\\u0073ystem\n\x93)R.",
        b"\x80\x04S'\\x70osix'\nU\x06system\x93)\x81.",
        b"\x80\x04\x8c\x05posixq\x000\x8c\x06systemq\x010h\x00h\x01\x93)R.",
        b"\x80\x04cposix\nsystem\n)}\x92.",
    ],
    ids=["global", "inst", "obj", "stack-global", "escaped", "old-strings", "memo", "newobj-ex"],
)
def test_every_way_to_call_is_seen(tmp_path: Path, data: bytes) -> None:
    found = walk(tmp_path, data)
    assert [item.path for item in found.imports] == ["posix.system"]
    assert found.called == {"posix.system"}
    assert found.problem is None


@pytest.mark.parametrize("protocol", [2, 4])
def test_pickles_in_byte_strings_are_walked_too(tmp_path: Path, protocol: int) -> None:
    inner = pickle.dumps([Singer()], protocol)
    found = walk(tmp_path, pickle.dumps({"payload": inner}, protocol))
    assert f"{sing.__module__}.sing" in found.called


def test_long_byte_strings_are_skipped_but_pickles_in_them_are_not(tmp_path: Path) -> None:
    inner = pickle.dumps(["x" * 100_000, Singer()])
    found = walk(tmp_path, pickle.dumps([b"\0" * 1_000_000, inner]))
    assert isinstance(found.value, list)
    assert [type(item) for item in found.value] == [Unread, Unread]
    assert found.called == {f"{sing.__module__}.sing"}


def frame(content: bytes, length: Optional[int] = None) -> bytes:
    return b"\x95" + struct.pack("<Q", len(content) if length is None else length) + content


OS, SYSTEM = b"\x8c\x02os", b"\x8c\x06system"


@pytest.mark.parametrize(
    "data",
    [
        # Kept under 1, 0, 1 and then under the number of values kept so far, which is 2.
        b"\x80\x04Nq\x010Nq\x000Nq\x010" + OS + b"\x940h\x02" + SYSTEM + b"\x93.",
        # Far away first, then counted up to it.
        b"\x80\x04Nq\x02Nq\0Nq\x01" + OS + b"\x94h\x03" + SYSTEM + b"\x93.",
        b"\x80\x04Np00000000001\n" + OS + b"\x940h\x01" + SYSTEM + b"\x93.",
        b"\x80\x04" + OS + b"p1\0other\n0Nj\x01\0\0\0" + SYSTEM + b"\x93.",
        # Escapes that stay as they are, or are bytes before they are letters.
        b"\x80\x04S'\x6fs'\nS'\163ystem'\n\x93.",
        # Longer than lines and numbers usually are.
        b"S'" + b"a" * 5000 + b"'\n0cos\nsystem\n.",
        b"S'" + b"a" * 70_000 + b"'\n0cos\nsystem\n.",
        b"V" + b"a" * 70_000 + b"\n0cos\nsystem\n.",
        b"P" + b"a" * 70_000 + b"\n0cos\nsystem\n.",
        b"I" + b"7" * 700 + b"\n0cos\nsystem\n.",
        b"L" + b"7" * 700 + b"L\n0cos\nsystem\n.",
        b"I" + b"7" * 70_000 + b"\n0cos\nsystem\n.",
        b"F" + b"7" * 70_000 + b"\n0cos\nsystem\n.",
        # What is no list or dictionary, and is filled all the same.
        b"I0x10\n0I010\n0I\0\n0I1_0\n0L0x1FL\n0F1.5\0\n0cos\nsystem\n.",
        b"]K\1aK\0K\2scos\nsystem\n.",
        b"\x80\x05\x96\1\0\0\0\0\0\0\0a(K\1K\2eK\3aK\0K\1scos\nsystem\n.",
        b"N(eN(uN(\x90cos\nsystem\n.",
        b"\x80\0cos\nsystem\n.",
        frame(b"cos\nsystem\n."),
        b"\x80\x04" + frame(b"N0") + frame(b"") + frame(b"cos\nsystem\n."),
        # The opcode ends the frame, its argument lies behind.
        frame(b"N0c") + b"os\nsystem\n.",
    ],
    ids=range(21),
)
def test_what_cpython_can_load_is_followed_like_cpython(tmp_path: Path, data: bytes) -> None:
    found = walk(tmp_path, data)
    assert [item.path for item in found.imports] == ["os.system"]
    assert (found.problem or "read in different ways").endswith("read in different ways")
    assert not found.broken


@pytest.mark.parametrize(
    ("data", "names"),
    [
        # From memory the line goes on behind the frame, from a file it begins behind it.
        (frame(b"cma", 3) + b"th\nsin\n.", {"math.sin", "th.sin"}),
        (frame(b"\x8c\x02o") + b"s" + SYSTEM + b"\x93.", {"os.system"}),
        (frame(frame(b"N0") + b"cos\nsystem\n."), {"os.system"}),
        (frame(b"cma" + frame(b"", 40)) + b"th\nsin\n.cos\nsystem\n" + b"." * 40, {"th.sin"}),
        (frame(b"cos\nsystem\n.", 99), {"os.system"}),
        (frame(frame(b"N0")) + frame(b"cos\nsystem\n."), {"os.system"}),
        (frame(b"\x8c\x02o") + b"s0" + frame(b"cos\nsystem\n."), {"os.system"}),
        (frame(b"cos\nsystem\n.cposix\nsystem\n."), {"os.system"}),
        (frame(b"B\4\0\0\0a", 6) + b"bcdcos\nsystem\n.", {"os.system"}),
        # One frame begins where the other was left.
        (frame(b"N" + frame(b"N0cos", 9)) + b"\nsystem\n.", {"os.system"}),
    ],
)
def test_a_frame_that_does_not_hold_is_walked_both_ways_and_not_told(
    tmp_path: Path, data: bytes, names: Set[str]
) -> None:
    found = walk(tmp_path, b"\x80\x04" + data)
    assert names <= {item.path for item in found.imports}
    assert str(found.problem).endswith("which unpicklers read in different ways")
    assert not found.broken


def test_what_pickle_writes_has_frames_that_hold(tmp_path: Path) -> None:
    value = [[str(number) * 50 for number in range(3000)], b"x" * 200_000, "y" * 100_000]
    for protocol in (4, 5):
        found = walk(tmp_path, pickle.dumps(value, protocol))
        assert (found.problem, found.broken) == (None, False)


@pytest.mark.parametrize(
    "data",
    [
        b"cos\nenviron\nS'A'\nS'B'\ns.",
        b"csys\npath\nS'/evil'\na.",
        b"csys\npath\n(S'/evil'\ne.",
        b"(NtQNNs.",
        b"\x80\x04U\x03\xe9osS'x'\n\x93.",
        b"\x80\x04cbuiltins\nstr\n)RS'x'\n\x93.",
        b"\x80\x04" + b"X\0\0\2\0" + b"x" * 0x20000 + b"S'x'\n\x93.",
    ],
)
def test_what_changes_or_names_something_by_surprise_is_not_told(
    tmp_path: Path, data: bytes
) -> None:
    found = walk(tmp_path, data)
    assert found.problem in (
        "it changes something that it did not make itself",
        "the name of something it imports is worked out on loading",
    )
    assert not found.broken


def test_after_a_name_that_can_not_be_told_the_others_are(tmp_path: Path) -> None:
    found = walk(tmp_path, b"\x80\x04cbuiltins\nstr\n)RS'x'\n\x930cos\nsystem\n.")
    assert [item.path for item in found.imports] == ["builtins.str", "os.system"]


def test_one_name_split_in_two_ways_is_two_imports(tmp_path: Path) -> None:
    found = walk(tmp_path, b"ctorch.nn\nmodules.conv.Conv2d\nctorch.nn.modules.conv\nConv2d\n.")
    assert len(found.imports) == 2


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"p" + b"7" * 700 + b"\n.", "endless digits"),
        (b"c" + b"m" * 70_000 + b"\nn\n.", "name of something it imports is endless"),
        (b"S'" + b"a" * (33 << 20), "lines are longer than is looked at"),
    ],
    ids=["number", "name", "line"],
)
def test_what_is_endless_is_not_told(tmp_path: Path, data: bytes, why: str) -> None:
    found = walk(tmp_path, data)
    assert why in str(found.problem)
    assert not found.broken


def test_the_last_line_may_lack_its_end(tmp_path: Path) -> None:
    # Python's own unpickler takes the last byte for it.
    found = walk(tmp_path, b"cos\nsystem!")
    assert [item.path for item in found.imports] == ["os.system"]
    assert found.broken


def test_an_import_before_the_pickle_breaks_is_told(tmp_path: Path) -> None:
    found = walk(tmp_path, b"cposix\nsystem\n(S'x'\ntR\xff\xff")
    assert found.called == {"posix.system"}
    assert found.broken
    assert found.problem == "byte 22 is 0xff, which is no pickle opcode"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\x80\x04I1\nI2\n\x93.", "worked out on loading"),
        (b"\x80\x02\x82\x01.", "private register"),
        (b"cbuiltins\ngetattr\n(tR)R.", "worked out on loading"),
        (b"cmath\nsin\n}b.", "changes something"),
        (b"\x80\x05\x97.", "outside the file"),
        (b"\x80\x06N.", "newer than 5"),
    ],
)
def test_what_can_not_be_told_is_said(tmp_path: Path, data: bytes, why: str) -> None:
    found = walk(tmp_path, data)
    assert why in str(found.problem)
    assert not found.broken


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b".",
        b"a.",
        b"\x85.",
        b"t.",
        b"(",
        b"h\0.",
        b"X\xff\xff\xff\xffa",
        b"I1",
        b"Ix\n.",
        b"]Ns.",
        b"]K\1K\2s.",
        b"Np-1\n.",
        b"T\xff\xff\xff\xff.",
    ],
)
def test_broken_pickles_are_broken(tmp_path: Path, data: bytes) -> None:
    assert walk(tmp_path, data).broken


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"I" + b"1" * 700 + b"x\n.", "a number before byte 703 is none"),
        (b"Fone\n.", "a number before byte 5 is none"),
        (b"Sone\n.", "a text before byte 5 has no quotes"),
        (b"S'\n.", "has no quotes"),
        (b"S'one\"\n.", "has no quotes"),
        (b"V\\u12\n.", "a text before byte 6 is none"),
        (b"NNa.", "it extends something at byte 3 that is no list"),
        (b"NNNs.", "it fills something at byte 4 that is no dictionary"),
        (b"}(Nu.", "that is no dictionary"),
        (b"(o.", "it makes an object of nothing at byte 2"),
        (b"h\x05.", "recalls a value at byte 2 that it never kept"),
    ],
)
def test_what_is_broken_is_told_in_words(tmp_path: Path, data: bytes, why: str) -> None:
    found = walk(tmp_path, data)
    assert found.broken
    assert why in str(found.problem)


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"N(0.", None),
        (b"N(NN1.", None),
        (b"S'a\\x41\\101\\n\\'\\q'\n.", "aAA\n'\\q"),
        (b"U\x03\xe9t\xe9.", "\u00e9t\u00e9"),
        (b"\x8f(K\x01K\x02\x90.", frozenset([1, 2])),
        (b"I01\n.", True),
        (b"I1\n.", 1),
        (b"\x8b\x02\0\0\0\0\x01.", 256),
        # Kept under numbers far apart, and under one number twice.
        (b"K\x07r\x09\0\0\0Nh\x09.", 7),
        (b"K\x07q\0K\x08q\0\x860h\0.", 8),
    ],
)
def test_rare_ways_to_write_values_are_understood(
    tmp_path: Path, data: bytes, value: object
) -> None:
    found = walk(tmp_path, data)
    assert found.problem is None
    assert plain(found.value) == value


@pytest.mark.parametrize(
    "data",
    [
        b"\x8b\xbc\x02\0\0" + b"\1" * 700,
        b"T\0\0\2\0" + b"x" * 0x20000,
        b"X\0\0\2\0" + b"x" * 0x20000,
    ],
    ids=["number", "old text", "text"],
)
def test_values_too_long_to_matter_are_skipped(tmp_path: Path, data: bytes) -> None:
    found = walk(tmp_path, data + b".")
    assert (found.problem, found.end) == (None, len(data) + 1)
    assert isinstance(found.value, Unread)
    assert found.value.offset == 5
    assert found.value.length == len(data) - 5


def test_lists_and_dictionaries_of_other_classes_are_filled(tmp_path: Path) -> None:
    data = b"\x80\x02cnets\nNames\n)\x81(K\x01K\x02eK\x03aX\1\0\0\0aNsX\1\0\0\0bNs."
    value = walk(tmp_path, data).value
    assert isinstance(value, Made)
    assert (class_path(value), value.items) == ("nets.Names", [1, 2, 3])
    assert text_entries(value) == {"a": None, "b": None}


def test_objects_of_protocol_1_tell_their_class(tmp_path: Path) -> None:
    data = b"ccopy_reg\n_reconstructor\n(cnets\nUNet\ncbuiltins\nobject\nNtR."
    assert class_path(walk(tmp_path, data).value) == "nets.UNet"
    assert class_path(walk(tmp_path, b"ccopy_reg\n_reconstructor\n)R.").value) is None
    assert class_path(walk(tmp_path, b"ccopy_reg\n_reconstructor\n(NtR.").value) is None


def test_texts_made_to_bytes_are_bytes_where_the_encoding_is_known(tmp_path: Path) -> None:
    start = b"c_codecs\nencode\n(X\1\0\0\0a"
    assert walk(tmp_path, start + b"X\6\0\0\0latin1tR.").value == b"a"
    other = walk(tmp_path, start + b"X\5\0\0\0utf-7tR.").value
    assert class_path(other) == "_codecs.encode"


def test_calling_something_kept_outside_the_pickle_is_not_told(tmp_path: Path) -> None:
    found = walk(tmp_path, b"(NNtQ)R.")
    assert (found.problem, found.broken) == (
        "it calls something that is worked out on loading",
        False,
    )


def test_bytes_that_only_look_like_a_pickle_do_not_matter(tmp_path: Path) -> None:
    found = walk(tmp_path, pickle.dumps([b"\x80\x02\xff\xff", b"\x80\x04"], 4))
    assert found.problem is None
    assert found.value == [b"\x80\x02\xff\xff", b"\x80\x04"]


def test_pickles_inside_pickles_are_walked_to_a_depth(tmp_path: Path) -> None:
    def nested(depth: int) -> Walk:
        inner = pickle.dumps(Singer(), 4)
        for _ in range(depth):
            inner = pickle.dumps(inner, 4)
        return walk(tmp_path, inner)

    song = f"{sing.__module__}.sing"
    assert (nested(3).called, nested(3).problem) == ({song}, None)
    assert nested(4).problem == "it holds pickles inside pickles inside pickles"


def test_more_pickles_inside_one_than_are_followed_are_told(tmp_path: Path) -> None:
    inner = pickle.dumps(None, 4)
    assert walk(tmp_path, pickle.dumps([inner + bytes([n]) for n in range(64)], 4)).problem is None
    found = walk(tmp_path, pickle.dumps([inner + bytes([n]) for n in range(65)], 4))
    assert found.problem == "it holds too many pickles inside itself"


def test_objects_keep_their_state_entries_and_items(tmp_path: Path) -> None:
    ordered = collections.OrderedDict(a=1)
    ordered.extra = 2  # type: ignore[attr-defined]
    value = walk(tmp_path, pickle.dumps(ordered, 2)).value
    assert class_path(value) == "collections.OrderedDict"
    assert text_entries(value) == {"a": 1}
    assert isinstance(value, Made)
    assert text_entries(value.state) == {"extra": 2}


def test_python_2_gives_the_entries_of_ordered_dictionaries_as_pairs(tmp_path: Path) -> None:
    data = b"\x80\x02ccollections\nOrderedDict\n](](U\x01aK\x01e](U\x01bK\x02ee\x85R."
    assert pickle.loads(data) == collections.OrderedDict(a=1, b=2)
    assert text_entries(walk(tmp_path, data).value) == {"a": 1, "b": 2}


def test_persistent_ids_are_kept(tmp_path: Path) -> None:
    value = walk(tmp_path, b"\x80\x02(X\x07\0\0\0storageK\x05tQ.").value
    assert isinstance(value, Persistent)
    assert value.id == ("storage", 5)


def test_persistent_ids_may_be_lines_of_text(tmp_path: Path) -> None:
    value = walk(tmp_path, b"Pweights.0\n.").value
    assert isinstance(value, Persistent)
    assert value.id == "weights.0"


def test_arguments_that_lie_across_the_window_are_read_whole(tmp_path: Path) -> None:
    numbers = [n * 65_537 for n in range(30_000)]
    written = pickle.dumps(numbers, 2)
    assert len(written) > 2 * 64 * 1024
    assert walk(tmp_path, written).value == numbers


def test_pickles_one_after_the_other_are_walked_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "two"
    path.write_bytes(pickle.dumps(1, 2) + pickle.dumps("two", 2))
    with ByteSource(path) as source:
        first = walk_pickle(source)
        assert (first.value, walk_pickle(source, first.end).value) == (1, "two")


def test_a_value_that_contains_itself_ends(tmp_path: Path) -> None:
    endless: List[object] = []
    endless.append(endless)
    value = walk(tmp_path, pickle.dumps(endless)).value
    assert isinstance(value, list)
    assert value[0] is value


BOMBS = {
    "dictionaries": b"}" * 300_000,
    "lists": b"]" * 300_000,
    "marks": b"(" * 300_000,
    "deep tuples": b")" + b"\x85" * 300_000,
    "doubled": b"]" + b"2a" * 100_000,
    "entries": b"}" + b"(X\x01\0\0\0aNu" * 60_000,
    "texts": (b"X\0\xf0\0\0" + "\U0001f600".encode() * 0x3C00) * 60,
    "byte strings": (b"B\0\xf0\0\0" + b"\x80\x02" + b"N" * 0xEFFE) * 60,
    "far memo": b"N" + b"".join(b"r" + struct.pack("<I", n * 7919) for n in range(80_000)),
    "globals": b"".join(b"ca%d\nb\n" % n for n in range(50_000)),
}


@pytest.mark.parametrize("data", BOMBS.values(), ids=BOMBS.keys())
def test_bombs_stop_at_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes
) -> None:
    # A tenth of the limits, because tracing memory is slow.
    monkeypatch.setattr(walker, "MOST_OPCODES", walker.MOST_OPCODES // 10)
    monkeypatch.setattr(walker, "MOST_MEMORY", walker.MOST_MEMORY // 10)
    (tmp_path / "x.pkl").write_bytes(b"\x80\x02" + data + b".")
    with ByteSource(tmp_path / "x.pkl") as source:
        tracemalloc.start()
        found = walk_pickle(source)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert found.problem is not None
    assert not found.broken
    assert peak < 6 * 1024 * 1024


@given(st.binary(max_size=60))
def test_any_bytes_give_an_answer(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    found = walk(tmp_path_factory.getbasetemp(), b"\x80\x04" + data)
    assert found.broken or found.problem or found.end <= len(data) + 2


def test_files_are_only_read(tmp_path: Path) -> None:
    target = tmp_path / "made"
    path = os.fsencode(str(target))
    found = walk(tmp_path, b"cbuiltins\nopen\n(V" + path + b"\nS'w'\ntR.")
    assert found.called == {"builtins.open"}
    assert not target.exists()
