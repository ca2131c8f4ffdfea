"""Class names that training scripts keep beside the weights, or in the network itself.

mmengine has them as ``meta.dataset_meta.classes``, its predecessor as ``meta.CLASSES``, ultralytics
as ``names`` of the pickled network, Lightning among its ``hyper_parameters``.
"""

from __future__ import annotations

from typing import Dict, Iterator, Optional, Tuple

from ...findings import Finding
from ...wire.pickle_values import Made, PickledDict, text_entries
from ..class_names import Found, names_of_value, sorted_out
from ..description import ClassNames
from .state_dict import MODEL_KEYS, is_module

_CLASS_KEYS = (
    "class_names",
    "classes",
    "CLASSES",
    "class_labels",
    "label_names",
    "labels",
    "categories",
    "names",
    "idx_to_class",
    "id2label",
    "class_to_idx",
    "label2id",
)
_FACTS_KEYS = ("meta", "dataset_meta", "hyper_parameters", "hparams", "config", "cfg", "args")
_DEEPEST_FACTS = 3
_DEEPEST_NAMES = 3
_MOST_NAMES = 100_000


def class_names_in(value: object) -> Tuple[Tuple[ClassNames, ...], Tuple[Finding, ...]]:
    """Lists of class names that a checkpoint or module keeps, and what of them can't be read."""
    return sorted_out(_found(value))


def _found(value: object) -> Iterator[Found]:
    for where, entries in _places_of_facts(value):
        for key in _CLASS_KEYS:
            if key in entries:
                yield names_of_value(_plain(entries[key]), f"{where} '{key}'")


def _entries_of(value: object) -> Optional[Dict[str, object]]:
    """The entries of a dictionary, or the attributes of an object such as argparse's."""
    entries = text_entries(value)
    if entries is None and isinstance(value, Made):
        entries = text_entries(value.state)
    return entries


def _places_of_facts(value: object) -> Iterator[Tuple[str, Dict[str, object]]]:
    entries = _entries_of(value)
    if entries is None:
        return
    yield "checkpoint entry", entries
    yield from _facts_in(entries, "")
    for key in MODEL_KEYS:
        inner = entries.get(key)
        if is_module(inner) and isinstance(inner, Made):
            yield f"attribute of '{key}',", text_entries(inner.state) or {}


def _facts_in(
    entries: Dict[str, object], path: str, depth: int = 0
) -> Iterator[Tuple[str, Dict[str, object]]]:
    """Dictionaries of facts in dictionaries of facts, as mmengine nests them."""
    for key in _FACTS_KEYS:
        facts = _entries_of(entries.get(key))
        if facts:
            where = f"{path}'{key}',"
            yield f"checkpoint entry {where}", facts
            if depth < _DEEPEST_FACTS:
                yield from _facts_in(facts, f"{where} ", depth + 1)


def _plain(value: object, depth: int = 0) -> object:
    """Pickled lists and dictionaries as Python's own; anything else as it is."""
    if depth > _DEEPEST_NAMES:
        return None
    if isinstance(value, (list, tuple)):
        return [_plain(item, depth + 1) for item in value[:_MOST_NAMES]]
    if not isinstance(value, PickledDict) and text_entries(value) is not None:
        value = value.entries if isinstance(value, Made) else None
    if not isinstance(value, PickledDict):
        return value
    plain: Dict[object, object] = {key: _plain(item, depth + 1) for key, item in value.text.items()}
    for key, item in value.others or ():
        plain[key if isinstance(key, int) and not isinstance(key, bool) else None] = _plain(
            item, depth + 1
        )
    return plain
