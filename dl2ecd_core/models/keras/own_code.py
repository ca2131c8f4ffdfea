"""What in a Keras model is code from elsewhere: reported, never run.

A Lambda layer carries Python bytecode (``marshal``, base64) that Keras executes on loading; a class
or function that is not Keras' own is imported by the name of its module. Facts from
keras/src/layers/core/lambda_layer.py and keras/src/saving/serialization_lib.py, and for Keras 1
and 2 from keras/layers/core.py.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Optional, Tuple

from ...findings import Finding, Place
from ...findings.rules import finding
from ...findings.wording import listed, quoted
from .config import read_layer
from .general import RULES as GENERAL
from .operations import operation_rule
from .spatial import RULES as SPATIAL

_MOST_NAMED = 16

# Layers of Keras whose shapes are not followed, or that are networks or wrappers.
_OTHER_LAYERS = """
    Model Functional Sequential InputLayer Wrapper TimeDistributed Bidirectional
    SpectralNormalization StackedRNNCells LSTMCell GRUCell SimpleRNNCell EinsumDense
    CategoryEncoding Discretization HashedCrossing Hashing IntegerLookup StringLookup
    TextVectorization IndexLookup MelSpectrogram STFTSpectrogram RandomCrop RandomHeight RandomWidth
    RandomGrayscale RandomPerspective RandomSharpness RandomPosterization RandomElasticTransform
    RandomApply RandomChoice RandAugment AugMix AutoContrast CutMix MixUp Equalization Solarization
    MaxNumBoundingBoxes Pipeline GroupQueryAttention GroupedQueryAttention ReversibleEmbedding
    RandomFourierFeatures Highway MaxoutDense Deconvolution2D Deconvolution3D GRUCellV2 LSTMCellV2
    AlphaDropout TFOpLambda SlicingOpLambda TensorFlowOpLayer AddLoss AddMetric InstanceMethod
    ClassMethod ConvRecurrent2D ConvLSTMCell ConvLSTM2DCell DenseFeatures SequenceFeatures
    TFSMLayer JaxLayer FlaxLayer TorchModuleWrapper KerasLayer FeatureSpace Flatten Lambda
"""
_OWN_LAYERS = frozenset([*_OTHER_LAYERS.split(), *GENERAL, *SPATIAL])
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
_OWN_MODULES = ("keras", "keras_core", "tf_keras", "builtins")


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
    waiting: List[Tuple[Any, str, bool]] = [(model, "", False)]
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
    module, registered = item.get("module"), item.get("registered_name")
    if class_name == "__lambda__":
        return "Python bytecode stored in the file"
    if class_name == "Lambda" and isinstance(config, dict):
        return _about_lambda(config)
    if class_name in _WRAPS_CODE and is_layer:
        return f"a {class_name}, which {_WRAPS_CODE[class_name]}"
    if class_name == "function":
        if module == "builtins" or not _is_own(module):
            named = config if isinstance(config, str) else None
            return f"the function {quoted(named)} of {_module(module)}"
        return None
    if class_name.startswith("__") and class_name.endswith("__"):
        return None
    if ">" in class_name or (isinstance(registered, str) and ">" in registered):
        full = class_name if ">" in class_name else str(registered)
        return f"the class {quoted(full)} of {_module(module)}"
    if isinstance(module, str):
        return None if _is_own(module) else f"the class {quoted(class_name)} of {_module(module)}"
    if is_layer and class_name not in _OWN_LAYERS:
        layer = read_layer(item)
        if layer is None or operation_rule(layer) is None:
            return f"the layer class {quoted(class_name)}, which is not one of Keras' own"
    return None


def _about_lambda(config: Dict[str, Any]) -> Optional[str]:
    function = config.get("function")
    if isinstance(function, str) and config.get("function_type") == "function":
        place = _module(config.get("module"))
        return f"a Lambda layer with the function {quoted(function)} of {place}"
    if isinstance(function, dict):
        return None  # bytecode or a named function, which is met on its own
    return f"a Lambda layer with Python bytecode of {_module(config.get('module'))}"


def _is_own(module: Any) -> bool:
    return module is None or (isinstance(module, str) and module.split(".", 1)[0] in _OWN_MODULES)


def _module(module: Any) -> str:
    if not isinstance(module, str) or module in ("builtins", "__main__"):
        return "the script that made it"
    return f"the module {quoted(module)}"
