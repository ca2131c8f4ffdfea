"""One file out of several modules: what ArcGIS loads from a package, and all that it needs.

The text is made of the modules' own source: the class, and every function, class and constant that
it comes to by name. Docstrings are cut to their first line; what is private goes without.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import Dict, List, NamedTuple, Sequence, Set, Tuple, Union

from ...version import __version__

#: The modules, in the order in which their parts come.
_MODULES = ("../../exports/emd.py", "../contract.py", "../placing.py", "shared.py")
#: The module of each class that ArcGIS loads.
CLASSES = {"EcdClassifier": "classifier.py", "EcdDetector": "detector.py"}

#: Tables of ways in which something is done; a file has what it needs of them.
_WAYS = {"_READ", "_SHAPE"}
_HEAD = '"""{} By dl2ecd {}."""'

_Import = Union[ast.Import, ast.ImportFrom]
_Documented = (ast.FunctionDef, ast.ClassDef)


class _Part(NamedTuple):
    """A statement at the top of a module: what it defines, what it uses, its text."""

    names: Set[str]
    uses: Set[str]
    text: str


@cache
def packed(name: str, ways: Tuple[str, ...] = ()) -> str:
    """The text of the file that holds a class of :data:`CLASSES`.

    Parameters
    ----------
    ways
        Of the ways in which a detector's outputs are read, and of the shapes of its objects, those
        that are needed.

    Examples
    --------
    >>> "class EcdClassifier:" in packed("EcdClassifier")
    True
    """
    parts: List[_Part] = []
    imports: List[_Import] = []
    about = ""
    for module in (*_MODULES, CLASSES[name]):
        text = (Path(__file__).parent / module).read_text(encoding="utf-8")
        tree = ast.parse(text)
        about = (ast.get_docstring(tree) or "").splitlines()[0]
        for node in tree.body[1:]:
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                imports.append(node)
            else:
                parts.append(_part(node, text.splitlines()))
    parts = [_one_way(part, ways) if part.names & _WAYS else part for part in parts]
    kept = _reached(parts, name)
    head = _HEAD.format(about, __version__)
    used = set().union(*(part.uses for part in kept))
    return "\n".join([head, "", _imported(imports, used), "", *(part.text for part in kept)]) + "\n"


def _part(node: ast.stmt, lines: Sequence[str]) -> _Part:
    """A statement with the comment above it and its docstrings cut."""
    first = node.lineno - 1
    while lines[first - 1].startswith(("#", "@")):
        first -= 1
    left_out: Set[int] = set()
    ends: Set[int] = set()
    # Between methods a line stays empty, elsewhere none does.
    methods = {
        one.lineno - 1 for one in getattr(node, "body", ()) if isinstance(one, ast.FunctionDef)
    }
    for inner in ast.walk(node):
        if isinstance(inner, _Documented) and ast.get_docstring(inner):
            text = inner.body[0]
            if "_" in (inner.name[0], getattr(node, "name", "")[:1]):
                left_out |= set(range(text.lineno - 1, text.end_lineno or 0))
            elif text.end_lineno != text.lineno:
                ends.add(text.lineno - 1)
                left_out |= set(range(text.lineno, text.end_lineno or 0))
    kept = "\n".join(
        line + '"""' * (number in ends)
        for number, line in enumerate(lines[: node.end_lineno])
        if number >= first and number not in left_out and (line or number + 1 in methods)
    )
    found = list(ast.walk(node))
    names = {
        one.id for one in found if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
    }
    if isinstance(node, _Documented):
        names = {node.name}
    kept += "\n" * isinstance(node, _Documented)
    return _Part(names, {one.id for one in found if isinstance(one, ast.Name)}, kept)


def _one_way(part: _Part, wanted: Sequence[str]) -> _Part:
    """A table of ways with the wanted one alone."""
    (name,) = part.names
    ways = {
        ast.literal_eval(key): ast.unparse(value)
        for node in ast.walk(ast.parse(part.text))
        if isinstance(node, ast.Dict)
        for key, value in zip(node.keys, node.values)
        if key is not None
    }
    (way,) = set(ways) & set(wanted)
    return _Part({name}, {ways[way]}, f'{name} = {{"{way}": {ways[way]}}}')


def _reached(parts: Sequence[_Part], name: str) -> List[_Part]:
    """The parts that something comes to by name, in their order."""
    wanted, known = {name}, 0
    while len(wanted) > known:
        known = len(wanted)
        for part in parts:
            if part.names & wanted:
                wanted |= part.uses
    return [part for part in parts if part.names & wanted]


def _imported(imports: Sequence[_Import], used: Set[str]) -> str:
    """One line for each module of others from which something is used."""
    whole: Set[str] = set()
    named: Dict[str, Set[str]] = {}
    for node in imports:
        for alias in node.names:
            if isinstance(node, ast.Import) and (alias.asname or alias.name) in used:
                whole.add(f"import {alias.name}" + (f" as {alias.asname}" * bool(alias.asname)))
            elif isinstance(node, ast.ImportFrom) and not node.level and alias.name in used:
                named.setdefault(str(node.module), set()).add(alias.name)
    froms = [f"from {module} import {', '.join(sorted(names))}" for module, names in named.items()]
    library = sorted(line for line in whole if " as " not in line)
    others = sorted(whole - set(library))
    return "\n".join(
        ["from __future__ import annotations", "", *library, *sorted(froms), "", *others]
    )
