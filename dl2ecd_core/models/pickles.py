"""What the pickles in a model would import on loading, and what to say about it.

A list of what is harmful can always be bypassed, so the question is the other way round: are all
imports on the list of what weights and PyTorch's own layers need? Nothing is ever called harmless.
"""

from __future__ import annotations

from typing import Callable, Iterable, List, Sequence, Tuple

from ..findings import Finding, Place
from ..findings.errors import ModelFileError
from ..findings.rules import finding
from ..findings.wording import listed, printable
from ..wire.pickle_values import Global, Walk
from ..wire.source import ByteSource
from .pickle_names import is_known, runs_code


def not_walked(looked_at: int) -> Walk:
    """What stands for the further pickles of an archive that has more than are looked at."""
    return Walk(None, 0, problem=f"only the first {looked_at} pickles in it were looked at")


def _no_more(module: str, name: str) -> bool:
    """No format of its own: nothing else is known."""
    return False


def pickle_findings(
    source: ByteSource,
    walks: Iterable[Walk],
    *,
    also_known: Callable[[str, str], bool] = _no_more,
) -> Tuple[Finding, ...]:
    """What to say about the pickles of a model together.

    Parameters
    ----------
    also_known
        Whether this format needs a further global, by its module and name.

    Returns
    -------
    tuple of Finding
        ``pickle-known-globals`` alone, or those that apply of ``pickle-runs-code``,
        ``pickle-unlisted-globals`` and ``pickle-not-analysed``.
    """
    walked = tuple(walks)
    imported = _imported(walked)
    foreign = [
        item
        for item in imported
        if not is_known(item.module, item.name) and not also_known(item.module, item.name)
    ]
    unlisted = _paths(foreign)
    harmful = _paths(item for item in foreign if runs_code(item.module, item.name))
    problem = next((walk.problem for walk in walked if walk.problem), None)
    place = Place(file=source.name)
    found: List[Finding] = []
    if harmful:
        found.append(
            finding(
                "pickle-runs-code",
                f"A pickle in the file imports {listed(harmful)}: loading it runs what its author "
                "chose to run on your machine. dl2ecd has not loaded it.",
                hint="Do not load this file. Tell whoever gave it to you, and get the weights as "
                "a safetensors or ONNX file from a source that you trust.",
                where=place,
            )
        )
    if unlisted:
        found.append(
            finding(
                "pickle-unlisted-globals",
                f"A pickle in the file imports {listed(unlisted)}, which a file of weights alone "
                "does not need. Loading the file runs code of that name.",
                hint=""
                if harmful
                else "Load it only if you know where it comes from; better, ask for the weights "
                "alone (a state dict, safetensors) or an ONNX file.",
                where=place,
            )
        )
    if problem:
        found.append(
            finding(
                "pickle-not-analysed",
                "What a pickle in the file would do on loading can't be told to the end: "
                f"{printable(problem)}.",
                hint="" if harmful else "Load it only if you know where it comes from.",
                where=place,
            )
        )
    if not found:
        told = (
            f"import only names that weights and layers need: {listed(_paths(imported))}"
            if imported
            else "import nothing"
        )
        message = f"The pickles in the file {told}."
        found.append(finding("pickle-known-globals", message, where=place))
    return tuple(found)


def import_findings(source: ByteSource, walks: Sequence[Walk]) -> List[Finding]:
    """What broken pickles import before they break: that they are broken is said elsewhere."""
    told = ("pickle-runs-code", "pickle-unlisted-globals")
    return [item for item in pickle_findings(source, walks) if item.rule in told]


def refused_pickle(source: ByteSource, what: str, walks: Sequence[Walk]) -> ModelFileError:
    """An error for a pickle that holds no model that can be read, for the caller to raise.

    Parameters
    ----------
    what
        What is known of it, as the end of the sentence "'x' is ...".
    """
    paths = _paths(_imported(walks))
    imported = f"loading it would import {listed(paths)}" if paths else "it imports nothing"
    return ModelFileError(
        "model-unsupported",
        f"'{source.name}' is {what}; {imported}.",
        hint="Export the model to ONNX, or save its weights with torch.save or safetensors.",
        file=source.name,
        further=[
            item for item in pickle_findings(source, walks) if item.rule != "pickle-known-globals"
        ],
    )


def _imported(walks: Iterable[Walk]) -> List[Global]:
    """Every global once: one name may be split into module and attribute in several ways."""
    return list({(item.module, item.name): item for w in walks for item in w.imports}.values())


def _paths(items: Iterable[Global]) -> List[str]:
    return list(dict.fromkeys(item.path for item in items))
