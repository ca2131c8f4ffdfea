"""The border that each reader tells is the one that pixels pushed through the network show.

The networks that readers lower to ONNX's operators are run in ONNX Runtime, with weights above
zero, so that nothing cancels out; that they compute what the frameworks compute is tested with
each reader.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Set, Tuple

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from dl2ecd_core.models import inspect_model
from dl2ecd_core.models.cntk.lowering import lowered as cntk_lowered
from dl2ecd_core.models.cntk.lowering import walked
from dl2ecd_core.models.cntk.model_graph import (
    Axis,
    Function,
    Kind,
    Numbers,
    Op,
    Variable,
    output_uid,
)
from dl2ecd_core.models.cntk.model_graph import Graph as CntkGraph
from dl2ecd_core.models.cntk.telling import padding_between
from dl2ecd_core.models.keras.config import read_layer
from dl2ecd_core.models.keras.config import read_network as keras_network
from dl2ecd_core.models.keras.describe import ends_of
from dl2ecd_core.models.keras.lowering import lowered
from dl2ecd_core.models.keras.lowering.shelves import ListShelf, Weight
from dl2ecd_core.models.keras.lowering.step import Generation
from dl2ecd_core.models.networks import read_network
from dl2ecd_core.network.graph import Graph
from dl2ecd_core.network.lowering import Lowering
from dl2ecd_core.network.onnx_file import refusals, write_onnx
from dl2ecd_core.network.weights import Literal
from tests.models.borders import borders_shown
from tests.models.keras.test_networks import layer as keras_layer
from tests.models.keras.test_networks import sequence
from tests.models.messages import piece

np = pytest.importorskip("numpy")
onnxruntime = pytest.importorskip("onnxruntime")

SIZE = 48
#: The same ones each time: whoever looks for others asks for more.
EXAMPLES = int(os.environ.get("DL2ECD_BORDERS", "15"))
CHANNELS = 2


@dataclass(frozen=True)
class Move:
    """A window, crop or margin, the same along both axes.

    Attributes
    ----------
    before, after
        Padding of a window, what a transposed one or a crop cuts off, or a margin's width.
    named
        Padding by name, where a format has that: ``valid`` or ``same``; else explicit.
    """

    kind: str
    kernel: int = 1
    stride: int = 1
    dilation: int = 1
    before: int = 0
    after: int = 0
    named: str = "valid"


Chain = List[Move]
Told = Tuple[Optional[int], Graph]
FEW = st.integers(0, 2)
NAMED = st.sampled_from(["valid", "valid", "same"])


def moves(kind: str, *strides: int) -> st.SearchStrategy[Move]:
    steps, dilations = st.sampled_from(strides), st.sampled_from([1, 1, 2])
    if strides != (1,):
        dilations = st.just(1)
    return st.builds(Move, st.just(kind), st.integers(1, 5), steps, dilations, FEW, FEW, NAMED)


#: To half the pixels and back: few networks that change the scale have a border otherwise.
HALVED = st.tuples(
    st.one_of(moves("conv", 2), moves("max", 2), moves("mean", 2)),
    st.one_of(moves("up", 2), st.just(Move("repeat", stride=2))),
)
CHAINS = st.lists(
    st.one_of(
        moves("conv", 1).map(lambda one: (one,)), moves("max", 1).map(lambda one: (one,)),
        st.builds(Move, st.just("crop"), before=FEW, after=FEW).map(lambda one: (one,)),
        st.builds(Move, st.just("pad"), before=FEW, after=FEW).map(lambda one: (one,)), HALVED,
    ), max_size=4,
).map(lambda parts: [*(one for part in parts for one in part), Move("conv")])  # fmt: skip


# ----------------------------------------------------------------------------- one writer a format


def onnx(chain: Chain, folder: Path) -> Told:
    lowering = Lowering(reserved=["x", "y"])
    x = lowering.input("x", (None, CHANNELS, SIZE, SIZE))
    for move in chain:
        pads = (move.before, move.before, move.after, move.after)
        window: Dict[str, Any] = {
            "kernel_shape": (move.kernel, move.kernel), "strides": (move.stride, move.stride),
            "dilations": (move.dilation, move.dilation), "pads": pads,
        }  # fmt: skip
        if move.named == "same":
            # ONNX Runtime has no dilated windows whose padding has a name.
            assume(move.dilation == 1)
            del window["pads"]
            window["auto_pad"] = "SAME_UPPER" if move.before else "SAME_LOWER"
        if move.kind in ("conv", "up"):
            dims = (CHANNELS, CHANNELS, move.kernel, move.kernel)
            weights = lowering.weight("w", dims, Literal(bytes(4 * int(np.prod(dims)))))
            x = lowering.add("Conv" if move.kind == "conv" else "ConvTranspose", [x, weights],
                             **window)  # fmt: skip
        elif move.kind in ("max", "mean"):
            # ONNX Runtime has no windows smaller than their stride where padding has a name.
            assume(move.kernel >= move.stride or move.named != "same")
            del window["dilations"]
            window["ceil_mode"] = 1 if move.after == 2 else 0
            x = lowering.add("MaxPool" if move.kind == "max" else "AveragePool", [x], **window)
        elif move.kind == "crop":
            ends = [lowering.constant([one] * 2) for one in (move.before, -move.after or 1 << 40)]
            x = lowering.add("Slice", [x, *ends, lowering.constant([2, 3])])
        elif move.kind == "pad":
            around = [0, 0, move.before, move.before, 0, 0, move.after, move.after]
            x = lowering.add("Pad", [x, lowering.constant(around)])
        else:
            scales = lowering.constant([1.0, 1.0, move.stride, move.stride], "float32")
            x = lowering.add("Resize", [x, "", scales], mode="nearest")
    lowering.output("y", x)
    graph = lowering.network().graph
    write_onnx(graph, folder / "told.onnx")
    return inspect_model(folder / "told.onnx").padding, graph


def caffe(chain: Chain, folder: Path) -> Told:
    text = f'input: "x" input_shape {{ dim: 1 dim: {CHANNELS} dim: {SIZE} dim: {SIZE} }}\n'
    before = "x"
    for number, move in enumerate(chain):
        bottoms, name = f'bottom: "{before}"', f"l{number}"
        window = f"kernel_size: {move.kernel} stride: {move.stride} pad: {move.before}"
        if move.kind in ("conv", "up"):
            kind = "Convolution" if move.kind == "conv" else "Deconvolution"
            said = (
                f"convolution_param {{ num_output: {CHANNELS} bias_term: false {window} "
                f"dilation: {move.dilation} }}"
            )
        elif move.kind in ("max", "mean"):
            kind = "Pooling"
            pool = "MAX" if move.kind == "max" else "AVE"
            said = f"pooling_param {{ pool: {pool} {window} }}"
        else:
            # As large as the image after a convolution.
            size = move.before + move.after + 1
            text += (
                f'layer {{ name: "r{number}" type: "Convolution" {bottoms} top: "r{number}" '
                f"convolution_param {{ num_output: 1 kernel_size: {size} }} }}\n"
            )
            bottoms += f' bottom: "r{number}"'
            kind, said = "Crop", f"crop_param {{ offset: {move.before} }}"
        text += f'layer {{ name: "{name}" type: "{kind}" {bottoms} top: "{name}" {said} }}\n'
        before = name
    (folder / "x.prototxt").write_text(text, encoding="ascii")
    path = folder / "x.caffemodel"
    path.write_bytes(piece(100, piece(1, b"a") + piece(2, b"ReLU")))
    return inspect_model(path).padding, read_network(path).network.graph


def darknet(chain: Chain, folder: Path) -> Told:
    text = f"[net]\nchannels={CHANNELS}\nheight={SIZE}\nwidth={SIZE}\n"
    # What a network does not begin with is no network to the reader.
    chain = [Move("conv"), *chain]
    for move in chain:
        window = f"size={move.kernel}\nstride={move.stride}\n"
        if move.kind in ("conv", "up"):
            kind = "convolutional" if move.kind == "conv" else "deconvolutional"
            pad = "pad=1\n" if move.named == "same" else f"padding={move.before}\n"
            dilation = f"dilation={move.dilation}\n" if move.kind == "conv" else ""
            text += f"[{kind}]\nfilters={CHANNELS}\n{window}{pad}{dilation}activation=relu\n"
        elif move.kind == "max":
            pad = "" if move.named == "same" else f"padding={move.before}\n"
            text += f"[maxpool]\n{window}{pad}"
        else:
            text += f"[upsample]\nstride={move.stride}\n"
    path = folder / "x.cfg"
    path.write_text(text, encoding="ascii")
    return inspect_model(path).padding, read_network(path).network.graph


def keras(chain: Chain, folder: Path) -> Told:
    layers: List[Dict[str, Any]] = []
    weights: Dict[str, List[Weight]] = {}

    def add(kind: str, **said: Any) -> str:
        name = f"l{len(layers)}"
        layers.append(keras_layer(kind, **{"name": name, **said}))
        return name

    for move in chain:
        if move.kind in ("conv", "up"):
            name = add(
                "Conv2D" if move.kind == "conv" else "Conv2DTranspose", filters=CHANNELS,
                kernel_size=[move.kernel] * 2, strides=[move.stride] * 2, padding=move.named,
                dilation_rate=[move.dilation] * 2, use_bias=False,
            )  # fmt: skip
            dims = (move.kernel, move.kernel, CHANNELS, CHANNELS)
            weights[name] = [Weight(dims, Literal(bytes(4 * int(np.prod(dims)))))]
        elif move.kind in ("max", "mean"):
            kind = "MaxPooling2D" if move.kind == "max" else "AveragePooling2D"
            add(kind, pool_size=[move.kernel] * 2, strides=[move.stride] * 2, padding=move.named)
        elif move.kind == "crop":
            add("Cropping2D", cropping=[[move.before, move.after]] * 2)
        elif move.kind == "pad":
            add("ZeroPadding2D", padding=[[move.before, move.after]] * 2)
        else:
            mode = "nearest" if move.named == "valid" else "bilinear"
            add("UpSampling2D", size=[move.stride] * 2, interpolation=mode)
            layers[-1]["module"] = "keras.layers"
    document = sequence(*layers, shape=[None, SIZE, SIZE, CHANNELS])
    model = read_layer(document)
    assert model is not None
    network = keras_network(model)
    assert network is not None
    graph = lowered(network, ListShelf(weights), Generation("3.0.0")).graph
    return ends_of("x", document).padding, graph


def cntk(chain: Chain, folder: Path) -> Told:
    """Widths come first; the batch axis is behind them."""
    image = Variable("x", Kind.INPUT, "x", (SIZE, SIZE, CHANNELS), "float32")
    variables: List[Variable] = [image]
    functions: List[Function] = []
    before = "x"

    def add(op: Op, *inputs: str, **said: Any) -> str:
        uid = f"f{len(functions)}"
        functions.append(Function(uid, op, "", inputs, said))
        return output_uid(uid, 0)

    for move in chain:
        same = move.named == "same"
        window: Dict[str, Any] = {
            "strides": (move.stride, move.stride, 1), "autoPadding": [same, same, False],
            "lowerPad": (0, 0, 0) if same else (move.before, move.before, 0),
            "upperPad": (0, 0, 0) if same else (move.after, move.after, 0),
        }  # fmt: skip
        if move.kind in ("conv", "up"):
            uid = f"w{len(variables)}"
            dims = (move.kernel, move.kernel, CHANNELS, CHANNELS)
            stored = Numbers(Literal(bytes(4 * int(np.prod(dims)))), "float32")
            variables.append(Variable(uid, Kind.PARAMETER, uid, dims, "float32", stored=stored))
            dilation = (move.dilation, move.dilation, 1)
            before = add(Op.CONVOLUTION, uid, before, **window, dilation=dilation,
                         transpose=move.kind == "up")  # fmt: skip
        elif move.kind in ("max", "mean"):
            before = add(Op.POOLING, before, **window, poolingWindowShape=(move.kernel,) * 2,
                         poolingType=0 if move.kind == "max" else 1,
                         ceilOutDim=move.after == 2)  # fmt: skip
        elif move.kind == "crop":
            ends = {"beginIndexVec": [move.before] * 2, "endIndexVec": [-move.after] * 2}
            before = add(Op.SLICE, before, axisVec=[Axis(0), Axis(1)], **ends)
        else:
            before = add(Op.PAD, before, paddingHead=[move.before, move.before, 0],
                         paddingFoot=[move.after, move.after, 0], mode=0)  # fmt: skip
    graph = CntkGraph(
        functions[-1].uid, {one.uid: one for one in variables}, {one.uid: one for one in functions}
    )
    told = padding_between(walked(graph), image, before)
    return told, cntk_lowered(graph).graph


ALL = {"conv", "up", "max", "mean", "crop", "pad", "repeat"}
KINDS: Dict[Callable[[Chain, Path], Told], Set[str]] = {
    onnx: ALL,
    caffe: ALL - {"pad", "repeat"},
    darknet: {"conv", "up", "max", "repeat"},
    keras: ALL,
    cntk: ALL - {"repeat"},
}


def fitting(move: Move) -> Move:
    """A pooling's padding is less than its window; what goes back leaves no pixel out."""
    if move.kind == "up":
        return replace(move, kernel=max(move.kernel, move.stride))
    if move.kind not in ("max", "mean"):
        return move
    most = move.kernel - 1
    return replace(move, before=min(move.before, most), after=min(move.after, most))


# --------------------------------------------------------------------------------------- the truth


def with_weights_above_zero(graph: Graph) -> Graph:
    """The same graph with weights that let every pixel through."""
    random = np.random.default_rng(1)
    found = {}
    for name, one in graph.initializers.items():
        if len(one.dims) > 1 and one.data_type == "float32":
            values = random.uniform(0.5, 1, one.dims) / np.prod(one.dims[1:])
            one = replace(one, content=Literal(values.astype("<f4").tobytes()))
        elif one.content is None or (len(one.dims) == 1 and not isinstance(one.content, Literal)):
            one = replace(one, content=Literal(np.ones(one.dims, "<f4").tobytes()))
        found[name] = one
    return replace(graph, initializers=found)


def looks(graph: Graph, folder: Path) -> List[List[Optional[Tuple[int, int]]]]:
    """For rows and columns, the input pixels that change each output pixel."""
    path = folder / "run.onnx"
    write_onnx(graph, path)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (given,) = session.get_inputs()
    rows = list(given.shape).index(SIZE)
    shape = [1 if not isinstance(one, int) else one for one in given.shape]
    image = np.random.default_rng(3).uniform(0.5, 1, shape).astype("f4")
    batch = np.repeat(image, 1 + 2 * SIZE, 0)
    for axis in (0, 1):
        for pixel in range(SIZE):
            where = (1 + axis * SIZE + pixel, *[slice(None)] * (rows - 1 + axis), pixel)
            batch[where] += np.float32(1e4)
    made = session.run(None, {given.name: batch})[0]
    ((_, told),) = graph.outputs.items()
    assert told.shape is not None
    assert told.shape[1:] == made.shape[1:]
    differs = made[1:] != made[:1]
    both = []
    for axis in (0, 1):
        part = differs[axis * SIZE : (axis + 1) * SIZE]
        others = tuple(one for one in range(1, 4) if one != rows + axis)
        seen = [np.flatnonzero(one) for one in part.any(axis=others).T]
        both.append([(int(one[0]), int(one[-1])) if len(one) else None for one in seen])
    return both


@pytest.mark.parametrize("write", [onnx, caffe, darknet, keras, cntk])
def test_a_border_is_what_pushed_pixels_show(
    write: Callable[[Chain, Path], Told], tmp_path: Path
) -> None:
    borders: Set[Optional[int]] = set()

    # One that every reader tells; what else is drawn differs between versions of hypothesis.
    @example([Move("conv", kernel=3)])
    @settings(max_examples=EXAMPLES, derandomize=True)
    @given(CHAINS)
    def holds(chain: Chain) -> None:
        kinds = KINDS[write]
        told, graph = write([fitting(one) for one in chain if one.kind in kinds], tmp_path)
        graph = with_weights_above_zero(graph)
        assume(graph.nodes and not refusals(graph))
        found = looks(graph, tmp_path)
        borders.add(told)
        assert told in borders_shown(found, SIZE)

    holds()
    assert borders > {None}
