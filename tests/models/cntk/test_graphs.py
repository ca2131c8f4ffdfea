"""Small graphs put together by hand: sizes, pixels and roles along each kind of operation."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

import pytest

from dl2ecd_core.models.cntk import lowering
from dl2ecd_core.models.cntk.model_graph import (
    ALL_AXES,
    ALL_STATIC_AXES,
    DYNAMIC_AXIS,
    FREE,
    UNKNOWN_AXES,
    Axis,
    Block,
    Function,
    Graph,
    Kind,
    Op,
    Variable,
    output_uid,
)
from dl2ecd_core.models.cntk.telling import (
    output_axes,
    padding_between,
    padding_of,
    parameters_of,
)
from dl2ecd_core.models.cntk.walk import Walk
from dl2ecd_core.models.description import Role, Tensor
from dl2ecd_core.network.value import Kind as Meant
from dl2ecd_core.network.value import Meaning
from tests.models.cntk.small_graphs import WINDOW, Shape, leaf, network, outcome, shape_in

KEPT = {"reductionKeepDimensions": True}


@pytest.mark.parametrize(
    ("op", "shapes", "attributes", "after"),
    [
        (Op.TRANSPOSE_TIMES, [(4, 3), (4, 5)], {}, (3, 5)),
        (Op.TRANSPOSE_TIMES, [(4, 3, 2), (4, 5)], {}, None),
        (Op.TRANSPOSE_TIMES, [(4, 3)], {}, None),
        (Op.TIMES, [(3, -1), (4,)], {"outputRank": 1, "inferInputRankToMap": 3}, None),
        (Op.TIMES, [(-1, 4), (4,)], {"outputRank": 1}, (FREE,)),
        (Op.TIMES, [(3, 4, 5), (4,)], {"outputRank": 1}, None),
        (Op.ROI_POOLING, [(9, 8, 2), (4, 3)], {"roiOutputShape": (3, 5)}, (3, 5, 2, 3)),
        (Op.ROI_POOLING, [(9, 8, 2), (4, 3)], {}, None),
        (Op.ROI_POOLING, [(9, 8), (4, 3)], {"roiOutputShape": (3, 5)}, None),
        (Op.GATHER_PACKED, [(4,)], {}, (4,)),
        (Op.GATHER_PACKED, [], {}, None),
        (Op.GATHER, [(4,), ()], {}, None),
        (Op.CUSTOM_PROXY, [(4,)], {"outputShape": (7,)}, (7,)),
        (Op.TO_BATCH, [(4, 6)], {}, (4,)),
        (Op.OPTIMIZED_RNN_STACK, [(4,)], {}, None),
        (Op.CROP, [(9, 8, 2), (4,)], {}, None),
        (Op.TRANSPOSE_AXES, [(4, 3)], {"axisVec": [Axis(0), Axis(0)]}, None),
        (Op.TRANSPOSE_AXES, [(4, 3)], {"axis1": Axis(0)}, None),
        (Op.TRANSPOSE_AXES, [(4, 3)], {"axis1": Axis(0), "axis2": Axis(2)}, (1, 3, 4)),
        (Op.SLICE, [(4, 3)], {}, None),
        (Op.SLICE, [(4, 3)], {"axis": Axis(0), "beginIndex": 0}, None),
        (Op.SLICE, [(4, 3)], {"axis": Axis(7), "beginIndex": 0, "endIndex": 1}, None),
        (Op.SLICE, [(4, 3)], {"axis": Axis(DYNAMIC_AXIS), "beginIndex": 0, "endIndex": 1}, None),
        (
            Op.SLICE,
            [(4, 3)],
            {
                "axisVec": [Axis(0), Axis(1)],
                "beginIndexVec": [0],
                "endIndexVec": [0, 1],
            },
            None,
        ),
        (Op.SLICE, [(FREE, 3)], {"axis": Axis(0), "beginIndex": 1, "endIndex": 0}, (FREE, 3)),
        (Op.SLICE, [(FREE, 3)], {"axis": Axis(0), "beginIndex": 1, "endIndex": 3}, (2, 3)),
        (Op.RESHAPE, [(4, 3)], {"newShape": (5, -1)}, None),
        (Op.SPLICE, [], {"axis": Axis(0)}, None),
        (Op.SPLICE, [(4,)], {"axis": Axis(DYNAMIC_AXIS)}, None),
        (Op.REDUCE_ELEMENTS, [(4, 3)], {}, None),
        (Op.REDUCE_ELEMENTS, [(4, 3)], {"axis": Axis(UNKNOWN_AXES)}, None),
        (Op.REDUCE_ELEMENTS, [(4, 3)], {"axis": Axis(5)}, None),
        (Op.REDUCE_ELEMENTS, [(4, 3)], {"axis": Axis(DYNAMIC_AXIS), **KEPT}, (4, 3)),
        (Op.REDUCE_ELEMENTS, [(4, 3)], {"axis": Axis(ALL_AXES), **KEPT}, (1, 1)),
        (Op.REDUCE_ELEMENTS, [(4, 3)], {"axisVec": [Axis(0), 7]}, None),
        (Op.ONE_HOT, [(4,)], {"onehotAxis": Axis(0)}, None),
        (Op.ONE_HOT, [(4,)], {"numClass": 3, "onehotAxis": Axis(7)}, None),
        (Op.PAD, [(4,)], {"paddingHead": [1], "paddingFoot": [1, 2]}, None),
        (Op.PAD, [(4,)], {"paddingHead": [1], "paddingFoot": "x"}, None),
        (Op.SQUEEZE, [(1, FREE)], {}, None),
        (Op.SQUEEZE, [(1, 3)], {"axis": Axis(1)}, None),
        (Op.SQUEEZE, [(1, 3)], {"axis": Axis(0)}, (3,)),
        (Op.TOP_K, [(4,)], {"axis": Axis(0)}, None),
        (Op.TOP_K, [(4,)], {"axis": Axis(0), "numItems": 2}, (2,)),
        (Op.CONVOLUTION, [(3, 3, 2, 5)], WINDOW, None),
        (Op.CONVOLUTION, [(3, 3), (9, 8, 2)], WINDOW, None),
        (Op.CONVOLUTION, [(3, 3, 2, 5), (9, 8, 2)], {}, None),
        (Op.CONVOLUTION, [(3, 3, 2, 5), (9, 8, 2)], {**WINDOW, "strides": (1, 1, 1, 1)}, None),
        (Op.CONVOLUTION, [(3, 3, 2, -1), (9, 8, 2)], WINDOW, None),
        (Op.CONVOLUTION, [(0, 3, 2, 5), (9, 8, 2)], WINDOW, None),
        (Op.CONVOLUTION, [(-1, -1, -1, 5), (9, 8, 2)], WINDOW, None),
        (
            Op.CONVOLUTION,
            [(2, 2, 5, -1), (9, 8, 3)],
            {**WINDOW, "transpose": True, "strides": (2, 2, 1)},
            (18, 16, 5),
        ),
        (
            Op.CONVOLUTION,
            [(2, 2, 5, 4), (9, 8, 3)],
            {**WINDOW, "transpose": True, "strides": (2, 2, 1)},
            None,
        ),
        (Op.POOLING, [(9, 8, 2)], WINDOW, None),
        (Op.POOLING, [(9, 8, 2)], {**WINDOW, "poolingWindowShape": ()}, None),
        (
            Op.POOLING,
            [(9, 8, 2)],
            {**WINDOW, "poolingWindowShape": (2, 2), "strides": ()},
            (8, 7, 2),
        ),
        (Op.POOLING, [(9, 8, 2)], {**WINDOW, "poolingWindowShape": (-2,)}, (1, 1, 2)),
        (Op.POOLING, [(FREE, 8, 2)], {**WINDOW, "poolingWindowShape": (-2,)}, (1, 1, 2)),
        (Op.POOLING, [(9,)], {**WINDOW, "poolingWindowShape": (-2,)}, None),
        (Op.POOLING, [(9, 8, 2)], {**WINDOW, "poolingWindowShape": (2, 2, 1, 1)}, None),
    ],
)
def test_sizes(op: Op, shapes: List[Shape], attributes: Dict[str, Any], after: Any) -> None:
    assert outcome(op, *shapes, **attributes) == after


@pytest.mark.parametrize(
    "axis", [None, Axis(ALL_STATIC_AXES), Axis(UNKNOWN_AXES), Axis(-7), Axis(999)]
)
def test_an_axis_that_names_no_place_splices_nothing(axis: Optional[Axis]) -> None:
    assert outcome(Op.SPLICE, (4,), (4,), axis=axis) is None


def test_gathering_without_a_batch_takes_the_last_axis() -> None:
    table = leaf("t", 5, 6, kind=Kind.PARAMETER, dynamic=False)
    walk = network([table], Function("f", Op.GATHER_PACKED, "", ("t",)))
    assert shape_in(walk, "f_Output_0") == (5,)


def test_a_function_that_needs_a_batch_again_gets_it() -> None:
    image = leaf("i", 4, 6, dynamic=False)
    walk = network([image], Function("f", Op.TO_BATCH, "", ("i",)))
    assert walk.operand("f_Output_0").batched


# ---------------------------------------------------------------------------- where pixels lie


def padding(*functions: Function, image: Shape = (32, 32, 4), **leaves: Shape) -> Optional[int]:
    """What a chain from the image ``i`` to its last function crops from each side."""
    source = leaf("i", *image)
    more = [leaf(uid, *shape, kind=Kind.PARAMETER) for uid, shape in leaves.items()]
    walk = network([source, *more], *functions)
    return padding_between(walk, source, output_uid(functions[-1].uid, 0))


def step(op: Op, *inputs: str, uid: str = "last", **attributes: Any) -> Function:
    return Function(uid, op, "", inputs, attributes)


CONV = step(Op.CONVOLUTION, "w", "i", uid="conv", **WINDOW)
KERNEL: Dict[str, Shape] = {"w": (5, 5, 4, 6)}
BEFORE = "conv_Output_0"


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (step(Op.RELU, BEFORE), 2),
        (step(Op.RESHAPE, BEFORE, newShape=(28, 28, 2, 3)), None),  # no image any more
        (step(Op.RESHAPE, BEFORE, newShape=(28, 14, 12)), None),
        (step(Op.RESHAPE, BEFORE, newShape=(28, 28, 6)), 2),
        (step(Op.TRANSPOSE_AXES, BEFORE, axis1=Axis(0), axis2=Axis(1)), None),
        (step(Op.TRANSPOSE_AXES, BEFORE, axis1=Axis(2), axis2=Axis(2)), 2),
        (step(Op.TRANSPOSE_AXES, BEFORE, axisVec=[Axis(0), Axis(1), Axis(2)]), 2),
        (step(Op.TRANSPOSE_AXES, BEFORE, axisVec=[Axis(1), Axis(0), Axis(2)]), None),
        (step(Op.REDUCE_ELEMENTS, BEFORE, axis=Axis(2), reductionKeepDimensions=False), 2),
        (step(Op.REDUCE_ELEMENTS, BEFORE, axis=Axis(0), **KEPT), None),
        (step(Op.REDUCE_ELEMENTS, BEFORE), None),
        (step(Op.SLICE, BEFORE, axis=Axis(2), beginIndex=0, endIndex=1), 2),
        (
            step(
                Op.SLICE,
                BEFORE,
                axisVec=[Axis(0), Axis(1)],
                beginIndexVec=[1, -27],
                endIndexVec=[27, -1],
            ),
            3,
        ),
        (
            step(
                Op.SLICE,
                BEFORE,
                axisVec=[Axis(0), Axis(1)],
                beginIndexVec=[0, 0],
                endIndexVec=[28, 28],
                sliceStridesVec=[-1, 1],
            ),
            None,  # mirrored
        ),
        (step(Op.SLICE, BEFORE), None),
        (step(Op.PAD, BEFORE, paddingHead=[1, 1, 0], paddingFoot=[1, 1, 0]), 1),
        (step(Op.SPLICE, BEFORE, BEFORE, axis=Axis(2)), 2),
        (step(Op.SPLICE, BEFORE, BEFORE, axis=Axis(0)), None),
        (step(Op.SPLICE, BEFORE, BEFORE, axis=Axis(DYNAMIC_AXIS)), None),
        (step(Op.ONE_HOT, BEFORE, numClass=3, onehotAxis=Axis(0)), None),
        (step(Op.CONVOLUTION, BEFORE, BEFORE, **WINDOW), None),  # a kernel made of the image
        (step(Op.POOLING, BEFORE), None),
        (step(Op.TIMES, "m", BEFORE, outputRank=1), None),
        (step(Op.PLUS, BEFORE, "one"), 2),
        (step(Op.RELU, "one"), None),  # made of nothing of the image
        (step(Op.SLICE, "one", BEFORE, axis=Axis(2), beginIndex=0, endIndex=1), None),
    ],
)
def test_padding_is_told_only_while_pixels_stay_in_place(
    after: Function, expected: Optional[int]
) -> None:
    assert padding(CONV, after, **KERNEL, m=(6, 28), one=(1, 1, 6)) == expected


def test_weights_of_an_open_size_move_no_pixels() -> None:
    open_ = leaf("o", 1, 1, -1, kind=Kind.PARAMETER, dynamic=False)
    kernel = leaf("w", *KERNEL["w"], kind=Kind.PARAMETER, dynamic=False)
    source = leaf("i", 32, 32, 4)
    walk = network([source, kernel, open_], CONV, step(Op.PLUS, BEFORE, "o"))
    assert padding_between(walk, source, "last_Output_0") == 2


def test_padding_behind_a_function_that_is_not_known() -> None:
    own = Function("own", None, "", (BEFORE,))
    assert padding(CONV, own, **KERNEL) is None
    # What comes out is told, what went in is not.
    told = step(Op.CUSTOM_PROXY, "own_Output_0", BEFORE, outputShape=(28, 28, 6))
    assert padding(CONV, own, told, **KERNEL) is None


def test_a_pooling_without_channels_crops_both_axes() -> None:
    flat = step(Op.REDUCE_ELEMENTS, BEFORE, uid="flat", axis=Axis(2), reductionKeepDimensions=False)
    pooled = step(Op.POOLING, "flat_Output_0", **{**WINDOW, "poolingWindowShape": (3, 3)})
    assert padding(CONV, flat, pooled, **KERNEL) == 3


def test_padding_of_what_has_no_two_spatial_axes() -> None:
    assert padding(step(Op.RELU, "i"), image=(32,)) is None
    source = leaf("i", 32, 32, 4)
    walk = network([source], step(Op.RELU, "i"))
    assert padding_between(walk, source, "last_Output_0") is None


@pytest.mark.parametrize(
    ("last", "axes"),
    [
        (step(Op.RELU, BEFORE), "CHW"),
        # One number left of all channels tells no classes apart.
        (step(Op.REDUCE_ELEMENTS, BEFORE, axis=Axis(2), reductionOpName="Max", **KEPT), "?HW"),
        (step(Op.REDUCE_ELEMENTS, BEFORE, axis=Axis(2), reductionOpName="Argmax", **KEPT), "?HW"),
        (step(Op.TRANSPOSE_AXES, BEFORE, axis1=Axis(0), axis2=Axis(1)), "CWH"),
    ],
)
def test_letters_come_through_the_network(last: Function, axes: str) -> None:
    kernel = leaf("w", *KERNEL["w"], kind=Kind.PARAMETER)
    walk = network([leaf("i", 32, 32, 4), kernel], CONV, last)
    assert output_axes(walk.value("last_Output_0"), is_image=True) == axes


def test_padding_between_one_image_and_one_prediction() -> None:
    both = step(Op.PLUS, "i", "j", uid="both")
    cropped = step(Op.CONVOLUTION, "w", "both_Output_0", **WINDOW)
    kernel = leaf("w", *KERNEL["w"], kind=Kind.PARAMETER)
    walk = network([leaf("i", 32, 32, 4), leaf("j", 32, 32, 4), kernel], both, cropped)
    image, result = Tensor("i", (4, 32, 32), "CHW"), Tensor("o", (6, 28, 28), "CHW")
    label = Tensor("j", (4, 32, 32), "CHW", role=Role.LABEL)
    assert padding_of(walk, [image, label], [result]) == 2
    assert padding_of(walk, [image, image], [result]) is None
    assert padding_of(walk, [image, label], [Tensor("o", (6,), "C")]) is None


def test_a_pixel_that_stands_for_all_does_not_move_the_others() -> None:
    # Squeeze and excitation: the mean of the whole image weighs its channels.
    pooled = step(Op.POOLING, BEFORE, uid="mean", **{**WINDOW, "poolingWindowShape": (28, 28)})
    weighed = step(Op.ELEMENT_TIMES, BEFORE, "mean_Output_0")
    assert padding(CONV, pooled, weighed, **KERNEL) == 2


# ------------------------------------------------------------------------------ labels and losses


def test_a_mean_squared_error_and_its_labels() -> None:
    prediction = step(Op.PLUS, "x", "w", uid="z")
    loss = step(Op.SQUARED_ERROR, "z_Output_0", "y", uid="e")
    mean = step(Op.REDUCE_ELEMENTS, "e_Output_0", uid="m", axis=Axis(ALL_AXES))
    root = step(Op.COMBINE, "z_Output_0", "m_Output_0", uid="root")
    inputs = [leaf("x", 3), leaf("y", 3)]
    walk = network([*inputs, leaf("w", 3, kind=Kind.PARAMETER)], prediction, loss, mean, root)
    roles = walk.roles()
    assert (roles.losses, roles.labels) == ({"m_Output_0"}, {"y"})


def test_outputs_that_are_inputs_are_no_losses() -> None:
    root = step(Op.COMBINE, "x", uid="root")
    walk = network([leaf("x", 3)], root)
    assert walk.roles().losses == frozenset()


@pytest.mark.parametrize("name", ["aggregateLoss", "aggregateEvalMetric"])
def test_what_a_trainer_adds_up_is_a_loss_and_so_is_what_it_adds(name: str) -> None:
    total = Function("t", Op.REDUCE_ELEMENTS, name, ("r_Output_0",), {"axis": Axis(ALL_AXES)})
    rated = step(Op.MINUS, "x", "y", uid="r")
    root = step(Op.COMBINE, "t_Output_0", "r_Output_0", "x", uid="root")
    inputs = [leaf("x", 3), leaf("y", 3)]
    walk = network(inputs, rated, total, root)
    assert walk.roles().losses == {
        "t_Output_0",
        "r_Output_0",
    }


def test_the_target_of_a_model_that_gives_only_its_loss() -> None:
    inputs = [leaf("x", 3), leaf("y", 3)]
    inside = step(Op.RELU, "p", uid="relu")
    dense = Function("b", Op.BLOCK, "", ("x",), {}, Block("relu", "Dense", (("p", "x"),)))
    loss = step(Op.CROSS_ENTROPY_WITH_SOFTMAX, "b_Output_0", "y", uid="loss")
    held = [*inputs, leaf("p", 3, kind=Kind.PLACEHOLDER)]
    walk = network(held, inside, dense, loss)
    assert walk.roles().labels == {"y"}


@pytest.mark.parametrize(
    ("axis", "classes"),
    [({"axis": Axis(1)}, 5), ({}, None), ({"axis": Axis(DYNAMIC_AXIS)}, None)],
)
def test_the_classes_of_an_argmax(axis: Dict[str, Any], classes: Optional[int]) -> None:
    last = step(Op.REDUCE_ELEMENTS, "x", reductionOpName="Argmax", **axis)
    walk = network([leaf("x", 3, 5)], last)
    assert walk.value("last_Output_0").meaning == Meaning(Meant.ARGMAX, classes)


@pytest.mark.parametrize(("shape", "classes"), [((5,), 5), ((3, 5), None)])
def test_places_counted_through_several_axes_are_no_classes(
    shape: Shape, classes: Optional[int]
) -> None:
    last = step(Op.REDUCE_ELEMENTS, "x", reductionOpName="Argmax", axis=Axis(ALL_STATIC_AXES))
    walk = network([leaf("x", *shape)], last)
    assert walk.value("last_Output_0").meaning == Meaning(Meant.ARGMAX, classes)


@pytest.mark.parametrize(
    ("op", "attributes", "meant"),
    [
        (Op.CONVOLUTION, {}, Meant.SCORES),
        (Op.CAST, {"newDataType": 4}, Meant.SIGMOID),
        (Op.WHERE, {}, Meant.UNKNOWN),
    ],
)
def test_what_is_refused_means_something_all_the_same(
    op: Op, attributes: Dict[str, Any], meant: Meant
) -> None:
    before = step(Op.SIGMOID, "x", uid="s")
    walk = network([leaf("x", 3)], before, step(op, "s_Output_0", **attributes))
    assert walk.value("last_Output_0").meaning.kind is meant


# ------------------------------------------------------------------------- circles and open shapes


def test_weights_of_an_open_size_cannot_be_counted() -> None:
    open_ = leaf("w", 3, -1, kind=Kind.PARAMETER)
    assert parameters_of(Graph("f", {"w": open_}, {})) is None


def test_a_recurrence_whose_sizes_never_settle_is_unknown() -> None:
    # Each walk makes the state longer by the input: no size is right.
    grown = step(Op.SPLICE, "x", "grown_Output_0", uid="grown", axis=Axis(0))
    walk = network(
        [leaf("x", 3), Variable("grown_Output_0", Kind.PLACEHOLDER, "", (1,), "float32")], grown
    )
    assert shape_in(walk, "grown_Output_0") is None


def test_one_loop_may_settle_where_another_does_not() -> None:
    grown = step(Op.SPLICE, "x", "grown_Output_0", uid="grown", axis=Axis(0))
    kept = step(Op.PAST_VALUE, "kept_Output_0", "x", uid="past")
    total = step(Op.PLUS, "x", "past_Output_0", uid="kept")
    both = step(Op.COMBINE, "grown_Output_0", "kept_Output_0", uid="root")
    loops = [
        Variable(f"{uid}_Output_0", Kind.PLACEHOLDER, "", (1,), "float32")
        for uid in ("grown", "kept")
    ]
    walk = network([leaf("x", 3), *loops], grown, kept, total, both)
    assert shape_in(walk, "grown_Output_0") is None
    assert shape_in(walk, "kept_Output_0") == (3,)


@pytest.fixture
def walks(monkeypatch: pytest.MonkeyPatch) -> List[Walk]:
    """The walks that are taken meanwhile."""
    taken: List[Walk] = []
    plain = lowering.Walk

    def noted(*given: Any) -> Walk:
        taken.append(plain(*given))
        return taken[-1]

    monkeypatch.setattr(lowering, "Walk", noted)
    return taken


@pytest.mark.parametrize(("steps", "count"), [(200_000, 8), (5, 7), (1, 3)])
def test_a_loop_of_very_many_functions_is_walked_through_few_times(
    steps: int, count: int, walks: List[Walk], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lowering, "_MOST_STEPS", steps)
    grown = step(Op.SPLICE, "x", "grown_Output_0", uid="grown", axis=Axis(0))
    told = Variable("grown_Output_0", Kind.PLACEHOLDER, "", (1,), "float32")
    assert shape_in(network([leaf("x", 3), told], grown), "grown_Output_0") is None
    assert len(walks) == count


def test_a_loop_of_nothing_but_itself_stays_unknown(walks: List[Walk]) -> None:
    unknown = Variable("f_Output_0", Kind.PLACEHOLDER, "", None, "float32")
    walk = network([unknown], step(Op.RELU, "f_Output_0", uid="f"))
    assert shape_in(walk, "f_Output_0") is None
    # Nothing new comes of it: once is enough.
    assert len(walks) == 1


def test_a_loop_keeps_what_is_told_of_it_behind_a_function_that_passes_all_on() -> None:
    unknown = Variable("q", Kind.PLACEHOLDER, "", None, "float32")
    told = Variable("f_Output_0", Kind.PLACEHOLDER, "", (4,), "float32")
    walk = network([unknown, told], step(Op.RELU, "q", uid="f"))
    assert shape_in(walk, "f_Output_0") == (4,)


def test_what_waits_for_a_loop_changes_no_sizes() -> None:
    waiting = step(Op.TRANSPOSE_AXES, "q", uid="t", axis1=Axis(0), axis2=Axis(1))
    unknown = Variable("q", Kind.PLACEHOLDER, "", None, "float32")
    walk = network([leaf("x", 4), unknown], waiting, step(Op.PLUS, "t_Output_0", "x"))
    assert shape_in(walk, "last_Output_0") == (4,)


def test_sizes_beyond_all_measure_are_unknown() -> None:
    # Each joins the one before with itself.
    doubled = [
        step(Op.SPLICE, *[f"f{number - 1}_Output_0" if number else "x"] * 2, uid=f"f{number}",
             axis=Axis(0))
        for number in range(60)
    ]  # fmt: skip
    walk = network([leaf("x", 1)], *doubled)
    assert shape_in(walk, "f39_Output_0") == (1 << 40,)
    assert shape_in(walk, "f40_Output_0") is None
    assert shape_in(walk, "f59_Output_0") is None


def test_what_a_blocks_placeholder_tells_is_taken_behind_code_that_is_not_known() -> None:
    own = Function("own", None, "", ("x",))
    inside = step(Op.RELU, "p", uid="relu")
    block = Function("b", Op.BLOCK, "", ("own_Output_0",), {}, Block("relu", "Dense", (
        ("p", "own_Output_0"),
    )))  # fmt: skip
    told = Variable("p", Kind.PLACEHOLDER, "", (7,), "float32")
    walk = network([leaf("x", 3), told], own, inside, block)
    assert shape_in(walk, "own_Output_0") is None
    assert shape_in(walk, "b_Output_0") == (7,)


def test_placeholders_that_stand_for_each_other_end() -> None:
    one = Function("a", Op.BLOCK, "", (), {}, Block("nowhere", "", (("p", "q"), ("q", "p"))))
    walk = network([leaf("x", 3)], one)
    assert shape_in(walk, "a_Output_0") is None


def test_a_shape_told_for_a_loop_stays_while_nothing_better_is_known() -> None:
    unknown = Variable("q", Kind.PLACEHOLDER, "", None, "float32")
    told = Variable("f_Output_0", Kind.PLACEHOLDER, "", (4,), "float32")
    walk = network([unknown, told], step(Op.PLUS, "q", "q", uid="f"))
    assert shape_in(walk, "f_Output_0") == (4,)


def test_a_loop_is_cut_where_only_itself_is_waited_for() -> None:
    before = step(Op.RELU, "x", uid="before")
    total = step(Op.PLUS, "before_Output_0", "again_Output_0", uid="sum")
    again = step(Op.RELU, "sum_Output_0", uid="again")
    unknown = Variable("again_Output_0", Kind.PLACEHOLDER, "", None, "float32")
    walk = network([leaf("x", 4), unknown], again, total, before)
    assert shape_in(walk, "again_Output_0") == (4,)


def test_random_numbers_of_the_shape_of_their_operand() -> None:
    assert outcome(Op.RANDOM_DISTRIBUTION, (4, 2)) == (4, 2)


def test_behind_what_is_not_known_nothing_is() -> None:
    own = Function("own", None, "", ("x",))
    walk = network([leaf("x", 4)], own, step(Op.PLUS, "own_Output_0", "x"))
    assert shape_in(walk, "last_Output_0") is None
