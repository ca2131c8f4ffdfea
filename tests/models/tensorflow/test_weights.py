"""Which variables of a checkpoint are the model's: names as TensorFlow and Keras give them.

All are checkpoints of one network of 355 weights, two convolutions and a normalisation between,
saved by TensorFlow 1.15, TensorFlow 2.21, Keras 3.15 and tf_keras 2.21.
"""

from __future__ import annotations

from typing import Dict, Sequence, Tuple

import pytest

from dl2ecd_core.models.tensorflow.bundle import Bundle, Variable
from dl2ecd_core.models.tensorflow.types import FLOATING
from dl2ecd_core.models.tensorflow.weights import count_weights

Shape = Tuple[int, ...]
FLOAT, INT64, TEXT = 1, 9, 7
NETWORK: Dict[str, Shape] = {
    "a/kernel": (3, 3, 4, 8), "a/bias": (8,), "n/gamma": (8,), "n/beta": (8,),
    "n/moving_mean": (8,), "n/moving_variance": (8,), "b/kernel": (1, 1, 8, 3), "b/bias": (3,),
}  # fmt: skip
TRAINED = {name: shape for name, shape in NETWORK.items() if "moving" not in name}
MOVING = {name: shape for name, shape in NETWORK.items() if "moving" in name}
VALUE = "/.ATTRIBUTES/VARIABLE_VALUE"


def bundle(*variables: Tuple[str, Shape], counted: Sequence[str] = ()) -> Bundle:
    kept = [Variable(name, FLOAT, shape) for name, shape in variables]
    kept += [Variable(name, INT64, ()) for name in counted]
    return Bundle(2, 1, tuple(kept))


def slots(*names: str) -> Sequence[Tuple[str, Shape]]:
    return [(f"{owner}/{name}", shape) for owner, shape in TRAINED.items() for name in names]


@pytest.mark.parametrize(
    "names",
    [
        ("Adam", "Adam_1"),
        ("MyAdam", "MyAdam_1"),
        ("Ftrl", "Ftrl_1"),
        ("Adadelta", "Adadelta_1"),
        ("RMSProp", "RMSProp_1", "RMSProp_2"),
        ("Adam_2", "Adam_3", "ExponentialMovingAverage"),
        ("adam_m", "adam_v"),
    ],
)
def test_slots_of_tensorflow_1_are_named_below_their_variables(names: Sequence[str]) -> None:
    numbers = [(name, ()) for name in ("beta1_power", "beta2_power", "beta1_power_1")]
    numbers += [("training/decay", ()), ("loss_scale", ())]
    held = bundle(*NETWORK.items(), *slots(*names), *numbers, counted=["global_step"])
    assert count_weights(held) == 355


def test_slots_of_tensorflow_2() -> None:
    network = [(f"net/{name}{VALUE}", shape) for name, shape in NETWORK.items()]
    beside = [
        (f"net/{name}/.OPTIMIZER_SLOT/o/{slot}{VALUE}", shape)
        for name, shape in TRAINED.items()
        for slot in "mv"
    ]
    numbers = [(f"o/{name}{VALUE}", ()) for name in ("beta_1", "beta_2", "decay", "learning_rate")]
    assert count_weights(bundle(*network, *beside, *numbers, counted=[f"o/iter{VALUE}"])) == 355


@pytest.mark.parametrize("optimiser", ["trainer", "optimizer", "nested/opt"])
@pytest.mark.parametrize("version", [2, 3])
def test_keras_optimisers_keep_their_own_beside_the_models(optimiser: str, version: int) -> None:
    own = [(f"{optimiser}/_variables/{n}{VALUE}", shape)
           for n, shape in enumerate([*TRAINED.values(), *TRAINED.values()])]  # fmt: skip
    own.append((f"{optimiser}/_learning_rate{VALUE}", ()))
    # Keras 3 has the trained weights there alone, and only the others below the model.
    network = [(f"net/{name}{VALUE}", shape) for name, shape in NETWORK.items()]
    if version == 3:
        network = [(f"net/_operations/{name}{VALUE}", shape) for name, shape in MOVING.items()]
        network += [(f"{optimiser}/_trainable_variables/{n}{VALUE}", shape)
                    for n, shape in enumerate(TRAINED.values())]  # fmt: skip
    held = bundle(*network, *own, counted=[f"{optimiser}/_iterations{VALUE}"])
    assert count_weights(held) == 355


def test_steps_without_a_rate_are_no_optimiser() -> None:
    held = bundle((f"net/kernel{VALUE}", (3, 3)), counted=[f"net/iter{VALUE}"])
    assert count_weights(held) == 9


def test_a_variable_of_another_shape_below_one_is_no_slot() -> None:
    assert count_weights(bundle(("a", (3, 3)), ("a/part_0", (2, 3)))) == 15


def test_other_types_are_no_weights() -> None:
    assert FLOAT in FLOATING
    graph = Variable("_CHECKPOINTABLE_OBJECT_GRAPH", FLOAT, ())
    held = Bundle(2, 1, (Variable("words", TEXT, (5,)), graph))
    assert count_weights(held) == 0


def test_names_of_very_many_parts_are_looked_at_in_part() -> None:
    deep = "/".join(["x"] * 30_000)
    assert count_weights(bundle((deep, (2,)), ("o/_learning_rate", ()), counted=["o/iter"])) == 2
