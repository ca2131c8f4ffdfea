"""Classes in what JSON or YAML makes of a text: objects, mappings, lists side by side.

Known by their shape and keys: Esri's Classes, COCO's categories, STAC's classification:classes,
CVAT's labels, the attribute tables and samples of ArcGIS, Hugging Face's id2label, Keras's
class_indices, YOLO's names, color maps as lists of numbers.
"""

from __future__ import annotations

import re
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from ..class_names import classes_of
from ..class_names.structures import LIST_KEYS
from ..color import color_from
from ..exports.slugs import slug
from ..findings.wording import counted, listed
from .columns import Table, entries_of
from .entries import Entries, whole

_DEEPEST = 12
_MOST_LISTS = 1000
_MOST_KEYS = 60
_KNOWN = frozenset({"classvalues", "legend", "colormap", "features", "rows"})
#: Keys under which colors stand beside a list of names.
_PALETTES = ("colors", "colours", "palette", "PALETTE", "color", "class_colors")
_VALUES = ("values", "ids", "class_values", "codes")
_NAME_LISTS = ("names", "classes", "CLASSES", "labels", "class_names", "class names", "Classes")
#: Google Earth Engine's properties of a classified band end so.
_EARTH_ENGINE = ("_class_names", "_class_values", "_class_palette")


class Found(NamedTuple):
    """A list of classes inside a document.

    Attributes
    ----------
    where
        Its place: "assets.map.classification:classes".
    known
        Whether it stands under a key that is known for classes.
    """

    where: str
    entries: Entries
    known: bool


def classes_in_document(root: Any, kind: str) -> List[Found]:
    """Every list of classes of a document; the same list twice counts once.

    Where lists stand under keys that are known for classes, others are something else: the
    licences in a COCO file have ids and names too.
    """
    found: List[Found] = []
    for one in _lists(root, kind):
        same = [other for other in found if _alike(one.entries, other.entries)]
        if not same:
            found.append(one)
    known = [one for one in found if one.known]
    return known or found


def _alike(one: Entries, other: Entries) -> bool:
    return {(item.value, item.name) for item in one.classes} == {
        (item.value, item.name) for item in other.classes
    }


def _lists(root: Any, kind: str) -> Iterator[Found]:
    """What is a list of classes, with its place: outside before inside."""
    pending: List[Tuple[str, str, Any, int]] = [("", "", root, 0)]
    count = 0
    while pending and count < _MOST_LISTS:
        where, key, value, depth = pending.pop(0)
        count += 1
        known = key in LIST_KEYS or key.lower() in _KNOWN
        # At the root, texts with numbers may be settings; elsewhere they are.
        entries = _entries(value, kind, plain=known or (depth == 0 and not _may_be_settings(value)))
        if entries:
            yield Found(where, entries, known or depth == 0)
            continue
        if depth >= _DEEPEST:
            continue
        if isinstance(value, dict):
            pending += [
                (f"{where}.{key}" if where else str(key), str(key), inner, depth + 1)
                for key, inner in value.items()
                if isinstance(inner, (dict, list))
            ]
        else:
            pending += [
                (f"{where}[{place}]", "", inner, depth + 1)
                for place, inner in enumerate(value[:_MOST_LISTS])
                if isinstance(inner, (dict, list))
            ]


def _entries(value: Any, kind: str, *, plain: bool) -> Optional[Entries]:
    """The classes that a value itself lists.

    Parameters
    ----------
    plain
        Whether numbers and texts alone are classes where the value stands.
    """
    if isinstance(value, list):
        return _of_list(value, kind)
    if isinstance(value, dict) and value:
        return _side_by_side(value, kind) or _of_mapping(value, kind, plain=plain)
    return None


def _of_list(items: List[Any], kind: str) -> Optional[Entries]:
    if items and all(isinstance(item, dict) for item in items):
        return _of_objects(items, kind)
    if items and all(_is_row(item) for item in items):
        width = max(map(len, items))
        return entries_of(
            Table(None, [[*item, *[None] * (width - len(item))] for item in items]), kind
        )
    return None


def _is_row(item: Any) -> bool:
    """A value and its color, or a value, a name and perhaps a color."""
    return (
        isinstance(item, list)
        and len(item) in (2, 3, 4, 5)
        and whole(item[0]) is not None
        and (len(item) > 3 or isinstance(item[1], str))
    )


def _of_objects(items: List[Dict[Any, Any]], kind: str) -> Optional[Entries]:
    inner = [_fields(item) for item in items]
    keys = list(dict.fromkeys(key for item in inner for key in item))[:_MOST_KEYS]
    named = [key for key in keys if _is_told(inner, key)]
    if not any(_describes(item) for item in inner):
        return None
    for item in inner:
        _prefer_full_names(item)
    rows = [[item.get(key) for key in named] for item in inner]
    return entries_of(Table(named, rows), kind) if named else None


def _fields(item: Mapping[Any, Any]) -> Dict[str, Any]:
    """An object's own fields, or those of a feature or row inside it."""
    for key in ("attributes", "properties"):
        inside = item.get(key)
        if isinstance(inside, dict) and _describes(inside):
            return {str(name): value for name, value in inside.items()}
    return {str(name): value for name, value in item.items()}


def _is_told(items: Sequence[Mapping[str, Any]], key: str) -> bool:
    """Whether a key holds something that a class may be told by: no lists but colors."""
    values = [item[key] for item in items if item.get(key) is not None]
    return bool(values) and all(
        not isinstance(value, (list, dict, bool)) or color_from(value) or value == [-1, -1, -1]
        for value in values
    )


_NAMED = frozenset({"name", "classname", "class_name", "label", "title", "description"})
_VALUED = frozenset({"value", "classvalue", "class_value", "id", "classid", "class_id", "code",
                     "color", "color_hint", "category", "red"})  # fmt: skip


def _describes(item: Mapping[Any, Any]) -> bool:
    """Whether an object looks like a class: a name together with a value or a color."""
    keys = {str(key).lower() for key in item}
    named = keys & _NAMED or any(
        str(key).lower() in ("class", "klasse", "classe", "clase") and isinstance(value, str)
        for key, value in item.items()
    )
    return bool(named) and bool(keys & _VALUED)


def _prefer_full_names(item: Dict[str, Any]) -> None:
    """STAC's names are for programs; the same name with its letters is title or description."""
    name = item.get("name")
    for key in ("title", "description"):
        full = item.get(key)
        if not isinstance(name, str) or not isinstance(full, str) or full == name:
            continue
        # Names that would be alike are numbered; those without any letter are called by value.
        stem = slug(full) or f"class-{item.get('value')}"
        if re.fullmatch(re.escape(stem) + r"(?:-\d{1,6})?", name, re.IGNORECASE):
            item["name"] = full
            return


def _of_mapping(value: Dict[Any, Any], kind: str, *, plain: bool) -> Optional[Entries]:
    """Numbers and names, names and numbers, or either with an object that tells more."""
    if all(isinstance(inner, dict) for inner in value.values()):
        return _of_described(value, kind)
    if not plain or any(isinstance(inner, (dict, list)) for inner in value.values()):
        return None
    named = classes_of(value)
    if named is None:
        return None
    found = Entries(kind)
    for item in named.classes:
        found.add(item.value, item.name or None, None)
    return found


def _may_be_settings(value: Any) -> bool:
    """Whether names have numbers that are not 0, 1, 2 ... or 1, 2, 3 ..., as counted classes do."""
    if not isinstance(value, dict):
        return False
    numbers = sorted(number for number in map(whole, value.values()) if number is not None)
    if len(numbers) < len(value) or all(isinstance(inner, str) for inner in value.values()):
        return False
    if len(numbers) < 2:
        return True
    return numbers not in (list(range(len(numbers))), list(range(1, len(numbers) + 1)))


def _of_described(value: Dict[Any, Any], kind: str) -> Optional[Entries]:
    """``{"water": {"value": 1, "color": ...}}`` or ``{"1": {"name": "water", ...}}``."""
    numbered = all(whole(key) is not None for key in value)
    rows = []
    for key, inner in value.items():
        fields = _fields(inner)
        lower = {name.lower() for name in fields}
        if numbered and lower & _NAMED:
            rows.append({"value": whole(key), **fields})
        elif not numbered and lower & _VALUED and not lower & {"name", "label"}:
            rows.append({"name": str(key), **fields})
        else:
            return None
    return _of_objects(rows, kind)


def _side_by_side(value: Dict[Any, Any], kind: str) -> Optional[Entries]:
    """Names, colors and values in lists of the same length."""
    names = _list_under(value, _NAME_LISTS, str) or _ending(value, _EARTH_ENGINE[0], str)
    if names is None:
        return None
    columns: Dict[str, Sequence[Any]] = {"name": names}
    values = _list_under(value, _VALUES, int) or _ending(value, _EARTH_ENGINE[1], int)
    if values is not None and len(values) == len(names):
        columns["value"] = values
    colors = _list_under(value, _PALETTES, object) or _ending(value, _EARTH_ENGINE[2], object)
    if colors is not None and len(colors) == len(names):
        columns["color"] = colors
    rows = [list(row) for row in zip(*columns.values())]
    return entries_of(Table(list(columns), rows), kind)


def _list_under(value: Mapping[Any, Any], keys: Sequence[str], kind: type) -> Optional[List[Any]]:
    for key in keys:
        listed_there = value.get(key)
        if (
            isinstance(listed_there, list)
            and listed_there
            and all(isinstance(item, kind) for item in listed_there)
        ):
            return listed_there
    return None


def _ending(value: Mapping[Any, Any], ending: str, kind: type) -> Optional[List[Any]]:
    keys = [str(key) for key in value if str(key).lower().endswith(ending)]
    return _list_under(value, keys, kind)


def names_alone(root: Any, kind: str) -> Optional[Entries]:
    """A plain list of names, or one under a key that is known for them."""
    if isinstance(root, dict) and not any(key in root for key in LIST_KEYS):
        return None
    named = classes_of(root)
    if named is None:
        return None
    found = Entries(kind)
    for item in named.classes:
        found.add(item.value, item.name or None, None)
    # What says its numbers was found before.
    found.counted_from_0()
    return found


def which(found: Sequence[Found]) -> str:
    """The lists of a document by their places, for a question."""
    return listed(
        f"{one.where} ({counted(len(one.entries.classes), 'class', 'classes')})" for one in found
    )
