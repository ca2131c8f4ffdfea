"""Operations of classical machine learning (ai.onnx.ml), detection and other special kinds."""

from __future__ import annotations

from dataclasses import replace
from typing import Callable, Dict, Optional, Sequence, Tuple

from ..graph import Attributes
from ..shapes import elements
from ..value import Axis, Value, shaped
from .step import Step

Outputs = Sequence[Value]


def class_labels(attributes: Attributes) -> Tuple[Tuple[int, ...], Tuple[str, ...]]:
    """The labels of a classifier: whole numbers or names."""
    whole: Optional[Tuple[int, ...]] = None
    for name in ("classlabels_int64s", "classlabels_ints"):
        whole = whole or attributes.integers(name)
    return whole or (), attributes.texts("classlabels_strings")


def classifier(step: Step) -> Outputs:
    """A classifier of rows of features: a label for each row, and scores."""
    x = step.input(0)
    _features(step, x)
    whole, names = class_labels(step.attributes)
    rows = x.size(0) if x.rank == 2 else None
    label = shaped((rows,), "string" if names else "int64", [Axis("N")])
    scores = shaped((rows, len(whole) or len(names) or None), "float32", [Axis("N"), Axis("C")])
    return [label, scores]


def _features(step: Step, x: Value) -> None:
    if x.rank == 2:
        step.learn(x, "NC")


def regressor(step: Step) -> Outputs:
    """A regressor of rows of features."""
    x = step.input(0)
    _features(step, x)
    name = "n_targets" if step.node.op == "TreeEnsembleRegressor" else "targets"
    targets = step.attributes.integer(name, 1)
    if step.node.op == "SVMRegressor":
        targets = 1
    rows = x.size(0) if x.rank == 2 else None
    return [shaped((rows, targets), "float32", [Axis("N"), Axis()])]


def scaled(step: Step) -> Outputs:
    """Scaler, Normalizer, Binarizer, Imputer: each feature by itself."""
    x = step.input(0)
    _features(step, x)
    data_type = x.data_type if step.node.op in ("Imputer", "Binarizer") else "float32"
    return [replace(x, data_type=data_type, numbers=None)]


def label_encoder(step: Step) -> Outputs:
    """LabelEncoder: as many values, of the type of what they are turned into."""
    attributes = step.attributes
    data_type = None
    for name, type_ in (
        ("values_strings", "string"), ("values_int64s", "int64"), ("values_floats", "float32"),
    ):  # fmt: skip
        if name in attributes:
            data_type = type_
    return [replace(step.input(0), data_type=data_type, numbers=None)]


def feature_extractor(step: Step) -> Outputs:
    """ArrayFeatureExtractor: some places of the last axis."""
    x, wanted = step.input(0), step.input(1)
    if x.shape is None or not x.shape:
        return [Value(None, x.data_type)]
    sizes = (*x.shape[:-1], elements(wanted.shape))
    if len(x.shape) == 1:
        sizes = (1, *sizes)
    return [shaped(sizes, x.data_type)]


def zip_map(step: Step) -> Outputs:
    """ZipMap: a list of dictionaries, no tensor."""
    _, names = class_labels(step.attributes)
    key = "string" if names or "classlabels_strings" in step.attributes else "int64"
    return [Value(None, f"sequence(map({key}, float32))")]


def non_max_suppression(step: Step) -> Outputs:
    """NonMaxSuppression: batch, class and box of each that is kept."""
    return [shaped((None, 3), "int64")]


def non_zero(step: Step) -> Outputs:
    """NonZero: the places, one row per axis."""
    return [shaped((step.input(0).rank, None), "int64")]


def one_hot(step: Step) -> Outputs:
    """OneHot: a new axis as long as the depth."""
    x, values = step.input(0), step.input(2)
    depth = step.input(1).known_integers()
    axis = step.attributes.integer("axis", -1)
    if x.shape is None or axis is None or not -len(x.shape) - 1 <= axis <= len(x.shape):
        return [Value(None, values.data_type)]
    place = axis % (len(x.shape) + 1)
    sizes = (*x.shape[:place], depth[0] if depth else None, *x.shape[place:])
    return [shaped(sizes, values.data_type)]


def range_(step: Step) -> Outputs:
    """Range: start, limit, step."""
    x = step.input(0)
    numbers = [step.input(index).numbers for index in range(3)]
    flat = [one[0] if one else None for one in numbers]
    start, limit, by = flat
    if start is None or limit is None or not by:
        return [shaped((None,), x.data_type, constant=True)]
    if not (abs(start) < 1e15 and abs(limit) < 1e15 and 1e-9 < abs(by) < 1e15):
        return [shaped((None,), x.data_type, constant=True)]
    count = max(0, -int(-((limit - start) / by) // 1))
    if count > 256 or any(not isinstance(one, int) for one in (start, limit, by)):
        return [shaped((count,), x.data_type, constant=True)]
    steps = [start + by * index for index in range(count)]
    return [shaped((count,), x.data_type, numbers=steps, constant=True)]


RULES: Dict[str, Callable[[Step], Outputs]] = {
    **dict.fromkeys(("TreeEnsembleClassifier", "LinearClassifier", "SVMClassifier"), classifier),
    **dict.fromkeys(("TreeEnsembleRegressor", "LinearRegressor", "SVMRegressor"), regressor),
    **dict.fromkeys(("Scaler", "Normalizer", "Binarizer", "Imputer"), scaled),
    "LabelEncoder": label_encoder,
    "ArrayFeatureExtractor": feature_extractor,
    "ZipMap": zip_map,
    "NonMaxSuppression": non_max_suppression,
    "NonZero": non_zero,
    "OneHot": one_hot,
    "Range": range_,
}
