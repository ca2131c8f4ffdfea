"""What in a Keras model is code from elsewhere: reported, never run.

A Lambda layer carries Python bytecode (``marshal``, base64) that Keras executes on loading; a class
or function that is not Keras' own is imported by the name of its module. Facts from
keras/src/layers/core/lambda_layer.py and keras/src/saving/serialization_lib.py, and for Keras 1
and 2 from keras/layers/core.py.
"""

from __future__ import annotations

import re
from typing import Any, Dict, Iterator, List, Optional, Tuple

from ...findings import Finding, Place
from ...findings.rules import finding
from ...findings.wording import listed, quoted
from .own_names import is_own_class, is_own_function, is_own_layer, is_own_object

_MOST_NAMED = 16

# Objects of the format itself, and what only wraps code that is kept elsewhere.
_WRAPS_CODE = {
    "TFSMLayer": "runs a SavedModel from another place",
    "TorchModuleWrapper": "holds a pickled PyTorch module",
    "JaxLayer": "holds a JAX function",
    "FlaxLayer": "holds a Flax module",
    "KerasLayer": "loads a module from TensorFlow Hub",
}
# Settings that hold layers; all others hold values.
_HOLD_LAYERS = frozenset(("layers", "layer", "forward_layer", "backward_layer"))
#: What stands for a value, not for an object.
_VALUES = frozenset(
    f"__{name}__"
    for name in (
        "bytes",
        "complex",
        "ellipsis",
        "keras_tensor",
        "numpy",
        "slice",
        "tensor",
        "tuple",
    )
)
#: Settings of a Lambda, or of Keras 1's Merge, that hold bytecode or the name of a function.
_HOLD_CODE = ("function", "output_shape", "mask", "mode", "output_mask")
_WITH_CODE = frozenset(("Lambda", "Merge"))
#: Operations of TensorFlow that reach out of the network.
_REACHES_OUT = re.compile(
    r"(io|raw_ops|saved_model|data|distribute|summary|profiler|compat\.v1\.(gfile|io))\."
    r"|(\w+\.)*(py_function|numpy_function|py_func|load_library|load_op_library|print|read_file"
    r"|write_file|load)$"
)
_REACHING_NODE = re.compile(r"PyFunc|ReadFile|WriteFile|MatchingFiles|Restore|Save|PrintV2")


def own_code(file: str, model: Any) -> Tuple[Finding, ...]:
    """Findings about code that a model's description brings or asks for.

    Parameters
    ----------
    model
        The parsed description, compile settings included.
    """
    places: Dict[str, List[str]] = {}
    for what, name in _foreign(model):
        places.setdefault(what, []).append(name)
    findings = [_finding(file, what, names) for what, names in list(places.items())[:_MOST_NAMED]]
    if len(places) > _MOST_NAMED:
        more = len(places) - _MOST_NAMED
        findings.append(_finding(file, f"{more} more classes or functions from elsewhere", []))
    return tuple(findings)


def _finding(file: str, what: str, names: List[str]) -> Finding:
    known = [name for name in dict.fromkeys(names) if name]
    where = f" (layer {listed(known)})" if known else ""
    return finding(
        "model-runs-own-code",
        f"The model uses {what}{where}: code that Keras runs when it loads the model.",
        hint="Load it only if you trust where it comes from; nothing of it was run here.",
        where=Place(file=file),
    )


def _foreign(model: Any) -> Iterator[Tuple[str, str]]:
    """What each piece of foreign code is, and the name of the layer that has it."""
    waiting: List[Tuple[Any, str, bool]] = [(model, "", True)]
    while waiting:
        item, owner, is_layer = waiting.pop()
        if isinstance(item, list):
            waiting.extend(
                (part, owner, is_layer) for part in reversed(item) if isinstance(part, (dict, list))
            )
            continue
        class_name = item.get("class_name")
        if isinstance(class_name, str):
            owner = _name_of(item) or owner
            what = _about(item, class_name, is_layer)
            if what is not None:
                yield what, owner
        for key in reversed(list(item)):
            if isinstance(item[key], (dict, list)):
                waiting.append((item[key], owner, key in _HOLD_LAYERS))


def _name_of(item: Dict[str, Any]) -> Optional[str]:
    config = item.get("config")
    name = config.get("name") if isinstance(config, dict) else None
    return name if isinstance(name, str) else None


def _about(item: Dict[str, Any], class_name: str, is_layer: bool) -> Optional[str]:
    config = item.get("config")
    module = item.get("module")
    short = class_name.rpartition(">")[2]
    if class_name == "__lambda__":
        return "Python bytecode stored in the file"
    if short in _WRAPS_CODE:
        return f"a {short}, which {_WRAPS_CODE[short]}"
    if class_name == "function":
        if module is None or is_own_function(str(module), config):
            return None
        return f"the function {quoted(config if isinstance(config, str) else None)} of " + _module(
            module
        )
    if class_name == "__typespec__":
        return _about_type(item)
    if class_name in _VALUES:
        return None
    registered = item.get("registered_name")
    full = registered if isinstance(registered, str) and ">" in registered else class_name
    if ">" in full and not (
        # Keras 2 registered its own optimizers as if they were somebody's.
        full.startswith("Custom>") and not is_layer and is_own_object(full[len("Custom>") :])
    ):
        return f"the class {quoted(full)} of {_module(module)}"
    if module is not None:
        if not is_own_class(str(module), short, item):
            return f"the class {quoted(class_name)} of {_module(module)}"
    elif not is_own_layer(short, item) and not (is_own_object(short) and not is_layer):
        kind = "layer class" if is_layer else "class"
        return f"the {kind} {quoted(class_name)}, which is not one of Keras' own"
    return _about_settings(short, config) if isinstance(config, dict) else None


def _about_type(item: Dict[str, Any]) -> Optional[str]:
    """A type of TensorFlow's, such as TensorSpec; any other class is loaded by its name."""
    module, name = item.get("module"), item.get("spec_name")
    known = str(module).partition(".")[0] == "tensorflow" and str(name).isidentifier()
    if known and str(name).endswith("Spec"):
        return None
    return f"the class {quoted(name if isinstance(name, str) else None)} of {_module(module)}"


def _about_settings(class_name: str, config: Dict[str, Any]) -> Optional[str]:
    """Code in the settings of one of Keras' own layers."""
    if class_name in _WITH_CODE:
        told = (_about_code(class_name, config, key) for key in _HOLD_CODE)
        return next((what for what in told if what is not None), None)
    function, node = config.get("function"), config.get("node_def")
    if class_name == "TFOpLambda" and isinstance(function, str) and _REACHES_OUT.match(function):
        return f"the operation {quoted(function)} of TensorFlow"
    if class_name == "TensorFlowOpLayer" and isinstance(node, str) and _REACHING_NODE.search(node):
        return "an operation of TensorFlow that reaches out of the network"
    return None


def _about_code(class_name: str, config: Dict[str, Any], key: str) -> Optional[str]:
    """What a setting holds: bytecode, the name of a function, or neither (a shape)."""
    value, kind = config.get(key), config.get(f"{key}_type")
    module = _module(config.get("module" if key == "function" else f"{key}_module"))
    needed = class_name == "Lambda" and key == "function"
    if isinstance(value, dict) or (value is None and not needed):
        return None  # met on its own
    if kind == "function" and isinstance(value, str):
        return f"a {class_name} layer with the function {quoted(value)} of {module}"
    texts = isinstance(value, list) and any(isinstance(item, str) for item in value)
    text = isinstance(value, str) and key != "mode"
    if needed or kind == "lambda" or ((texts or text) and kind != "raw"):
        return f"a {class_name} layer with Python bytecode of {module}"
    return None


def _module(module: Any) -> str:
    if not isinstance(module, str) or module in ("builtins", "__main__"):
        return "the script that made it"
    return f"the module {quoted(module)}"
