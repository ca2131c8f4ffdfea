"""What the pickles in a model would import on loading, and what to say about it.

A list of what is harmful can always be bypassed, so the question is the other way round: are all
imports on the list of what weights and PyTorch's own layers need? Nothing is ever called harmless.
"""

from __future__ import annotations

import re
from typing import Iterable, List, Sequence, Tuple

from ..findings import Finding, Place
from ..findings.errors import ModelFileError
from ..findings.rules import finding
from ..findings.wording import listed, printable
from ..wire.pickle_values import Walk
from ..wire.source import ByteSource

_PLAIN = (
    "bool bytearray bytes complex dict float frozenset int list object range set slice str tuple"
)
_LONG = "long unicode xrange"  # Python 2

#: Names that a state dict, a checkpoint or a module of torch.nn imports: containers, numbers and
#: tensors, the classes of the layers. Compare torch/_weights_only_unpickler.py in PyTorch's source
#: and numpy/_core/multiarray.py in NumPy's.
_KNOWN = frozenset(
    [
        *(f"builtins.{name}" for name in _PLAIN.split()),
        *(f"__builtin__.{name}" for name in f"{_PLAIN} {_LONG}".split()),
        "_codecs.encode",
        "argparse.Namespace",
        "collections.Counter",
        "collections.OrderedDict",
        "collections.defaultdict",
        "copyreg._reconstructor",
        "copy_reg._reconstructor",
        "datetime.date",
        "datetime.datetime",
        "datetime.timedelta",
        "numpy.dtype",
        "numpy.ndarray",
        "torch.Size",
        "torch.Tensor",
        "torch._tensor._rebuild_from_type_v2",
        "torch.device",
        "torch.nn.parameter.Buffer",
        "torch.nn.parameter.Parameter",
        "torch.serialization._get_layout",
        "torch.storage.TypedStorage",
        "torch.storage.UntypedStorage",
    ]
)
# Lower-case names inside torch.nn are functions, upper-case ones its layers and containers.
_KNOWN_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        r"torch\.[A-Z][A-Za-z0-9]*(Storage|Tensor)",
        r"torch\.cuda\.[A-Z][A-Za-z0-9]*(Storage|Tensor)",
        r"torch\.(b?float|u?int|complex|q?u?int|quint|qint|bool|half|double|long|short)[0-9x_a-z]*",
        r"torch\.per_(tensor|channel)_[a-z_]+",
        r"torch\._utils\._rebuild_[a-z0-9_]+",
        r"torch\.nn\.modules\.[a-z_]+\.[A-Z][A-Za-z0-9]*",
        r"torch\.ao\.nn\.[a-z_.]+\.[A-Z][A-Za-z0-9]*",
        r"torch\.nn\.(quantized|intrinsic|qat)\.[a-z_.]+\.[A-Z][A-Za-z0-9]*",
        r"numpy\.(core|_core)\.multiarray\.(_reconstruct|scalar)",
        r"numpy\.(core|_core)\.numeric\._frombuffer",
        r"numpy\.dtypes\.[A-Z][A-Za-z0-9]*DType",
        r"pathlib(\._local)?\.(Pure)?(Posix|Windows)?Path",
    )
)

#: Functions that exist to run commands or code, or to change files: importing one in a model has
#: no other purpose.
_RUNS_CODE = re.compile(
    r"(os|posix|nt)\.(system|popen\w*|spawn\w*|exec\w*|posix_spawn\w*|fork\w*|startfile|kill"
    r"|remove|removedirs|unlink|rmdir|rename|renames|replace)"
    r"|(subprocess|pty|commands|popen2|runpy|code|codeop|pdb|bdb|timeit|cProfile|profile|doctest"
    r"|webbrowser|ctypes|socket|pip|asyncio\.subprocess)\..+"
    r"|(builtins|__builtin__)\.(eval|exec|execfile|compile|__import__|breakpoint|open)"
    r"|importlib(\._bootstrap)?\.(import_module|__import__|reload)"
    r"|shutil\.(rmtree|move|copy\w*|chown)"
)


def is_known(path: str) -> bool:
    """Whether a global is on the list of what weights and layers need."""
    return path in _KNOWN or any(pattern.fullmatch(path) for pattern in _KNOWN_PATTERNS)


def runs_code(path: str) -> bool:
    """Whether a global is a function that exists to run commands or code."""
    return _RUNS_CODE.fullmatch(path) is not None


def not_walked(looked_at: int) -> Walk:
    """What stands for the further pickles of an archive that has more than are looked at."""
    return Walk(None, 0, problem=f"only the first {looked_at} pickles in it were looked at")


def pickle_findings(
    source: ByteSource, walks: Iterable[Walk], *, also_known: Tuple[str, ...] = ()
) -> Tuple[Finding, ...]:
    """What to say about the pickles of a model together.

    Parameters
    ----------
    also_known
        How further paths begin that this format needs.

    Returns
    -------
    tuple of Finding
        ``pickle-known-globals`` alone, or those that apply of ``pickle-runs-code``,
        ``pickle-unlisted-globals`` and ``pickle-not-analysed``.
    """
    walked = tuple(walks)
    paths = list(dict.fromkeys(item.path for walk in walked for item in walk.imports))
    unlisted = [path for path in paths if not is_known(path) and not path.startswith(also_known)]
    harmful = [path for path in unlisted if runs_code(path)]
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
                hint="Load it only if you know where it comes from; better, ask for the weights "
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
                hint="Load it only if you know where it comes from.",
                where=place,
            )
        )
    if not found:
        imported = (
            f"import only names that weights and layers need: {listed(paths)}"
            if paths
            else "import nothing"
        )
        message = f"The pickles in the file {imported}."
        found.append(finding("pickle-known-globals", message, where=place))
    return tuple(found)


def refused_pickle(source: ByteSource, what: str, walks: Sequence[Walk]) -> ModelFileError:
    """An error for a pickle that holds no model that can be read, for the caller to raise.

    Parameters
    ----------
    what
        What is known of it, as the end of the sentence "'x' is ...".
    """
    paths = list(dict.fromkeys(item.path for walk in walks for item in walk.imports))
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
