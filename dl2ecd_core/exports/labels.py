"""Lists of class names: one a line, or a TensorFlow label map (.pbtxt).

Readers of a list take the line's number, from 0, for the model's output index (TensorFlow's
label_image example, TFLite label files); "???" stands for an index without a class, as in the
label files of TensorFlow's detection models.
A label map holds ``item { id: 1 name: "..." }``; its reader refuses negative ids and keeps 0 for
the background (label_map_util.py and string_int_label_map.proto in
https://github.com/tensorflow/models/tree/master/research/object_detection).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Dict, List, Tuple

from ..ecd.content import Ecd
from ..files.output import whole_file
from ..findings import Finding
from ..findings.wording import counted, listed
from ..progress import Listener
from .earlier import head_of
from .legend import Legend, LegendRow, adjusted, legend_of, not_possible
from .xml_text import visible

ENDINGS = (".txt", ".pbtxt", ".names", ".labels")
#: How a label map of this tool's begins.
_LABEL_MAP = re.compile(rb'item \{\n  id: \d+\n  name: "')
BACKGROUND = "background"
NO_CLASS = "???"
#: Most lines without a class that a list is filled with.
_MOST_GAPS = 65_536

# Some of them end a line for one reader or another; UTF-8 can't hold surrogates.
_CONTROLS = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")
_NOT_IN_UTF8 = re.compile("[\ud800-\udfff]")
_ESCAPED = re.compile('[\x00-\x1f\x7f"\\\\]')
_LETTERS = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}


def is_earlier(path: Path, ecd: Ecd) -> bool:
    """Whether a file is a label map, or a list of nothing but the names about to be written.

    Any text is a list of names: one with others in it can't be told to be no more than that.
    """
    head = head_of(path)
    if _is_label_map(path):
        return _LABEL_MAP.match(head) is not None
    text, _ = _lines(ecd, _by_index(ecd, legend_of(ecd, "labels")))
    names = set(text.encode("utf-8").split(b"\n"))
    return path.stat().st_size == len(head) and names >= set(head.split(b"\n"))


def _is_label_map(path: Path) -> bool:
    return path.suffix.lower() == ".pbtxt"


def write(ecd: Ecd, target: Path, listener: Listener, *, overwrite: bool) -> Tuple[Finding, ...]:
    """Write the names to `target`; its ending decides the kind of list."""
    del listener, overwrite  # Over in an instant; nothing lies beside it.
    legend = legend_of(ecd, "labels")
    by_index = _by_index(ecd, legend)
    if _is_label_map(target):
        text, findings = _label_map(ecd, by_index)
    else:
        text, findings = _lines(ecd, by_index)
    with whole_file(target) as output:
        output.write(text.encode("utf-8"))
    about = adjusted(
        ecd,
        "Lists of class names hold neither pixel values nor colors: they go by the model's "
        "output index.",
    )
    # Colors are not in the file, so nothing is said of those that were missing.
    return (about, *findings)


def _by_index(ecd: Ecd, legend: Legend) -> Dict[int, LegendRow]:
    """Classes by output index; by their place in the list where the definition gives none."""
    places = [
        position if row.index is None else row.index for position, row in enumerate(legend.rows)
    ]
    by_index = dict(zip(places, legend.rows))
    if len(by_index) < len(places) or min(places) < 0:
        raise not_possible(
            ecd,
            "The definition gives classes the same output index or a negative one: there is no "
            "order to list their names in.",
        )
    if max(places) - len(places) > _MOST_GAPS:
        raise not_possible(
            ecd,
            f"The definition gives a class the output index {max(places)}, far beyond the "
            "number of classes: a list of names would be nearly all gaps.",
        )
    return by_index


def _lines(ecd: Ecd, by_index: Dict[int, LegendRow]) -> Tuple[str, List[Finding]]:
    lines: List[str] = []
    changed: List[str] = []
    gaps = 0
    for index in range(max(by_index) + 1):
        row = by_index.get(index)
        if row is not None:
            line = _one_line(row)
            if line != row.name:
                changed.append(row.name)
            lines.append(line)
        elif index == ecd.background:
            lines.append(BACKGROUND)
        else:
            gaps += 1
            lines.append(NO_CLASS)
    findings = []
    if 0 not in by_index and ecd.background == 0:
        findings.append(
            adjusted(
                ecd, f"The first line is '{BACKGROUND}': the model's output 0 is no listed class."
            )
        )
    if gaps:
        findings.append(
            adjusted(ecd, f"{counted(gaps, 'output')} without a class: '{NO_CLASS}' in the list.")
        )
    if changed:
        findings.append(
            adjusted(
                ecd,
                f"A name must be one line that is not empty: {listed(changed)} was changed."
                if len(changed) == 1
                else f"A name must be one line that is not empty: {listed(changed)} were changed.",
            )
        )
    return "".join(f"{line}\n" for line in lines), findings


def _one_line(row: LegendRow) -> str:
    line = _NOT_IN_UTF8.sub(visible, _CONTROLS.sub(visible, row.name))
    # Readers skip empty lines, and every later name would move up.
    return line if line.strip() else f"Class {row.value}"


def _label_map(ecd: Ecd, by_index: Dict[int, LegendRow]) -> Tuple[str, List[Finding]]:
    findings: List[Finding] = []
    # 0 is the background's in a label map.
    first = 1 if 0 in by_index else 0
    if first:
        findings.append(
            adjusted(
                ecd,
                "The label map's ids are the model's output indices plus 1, since id 0 is kept "
                "for the background.",
            )
        )
    changed = [row.name for row in by_index.values() if _NOT_IN_UTF8.search(row.name)]
    if changed:
        findings.append(
            adjusted(ecd, f"Characters that UTF-8 can't hold are escaped in {listed(changed)}.")
        )
    items = [
        f'item {{\n  id: {index + first}\n  name: "{_quotable(by_index[index].name)}"\n}}\n'
        for index in sorted(by_index)
    ]
    return "".join(items), findings


def _quotable(name: str) -> str:
    """A name inside the quotes of protobuf's text format."""
    return _ESCAPED.sub(
        lambda match: _LETTERS.get(match.group()) or f"\\{ord(match.group()):03o}",
        _NOT_IN_UTF8.sub(visible, name),
    )
