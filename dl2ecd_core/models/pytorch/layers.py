"""Bands and classes worked out from the shapes of weights.

Weights tell no graph, only layers, their sizes and, in a state dict, the order in which the author
defined them. The layer that takes the image is the convolution whose input no other layer
provides; the one that gives the classes is the layer whose output no other layer takes. Where
that leaves more than one candidate, nothing is said.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Dict, List, Optional, Sequence, Set, Tuple

from ..description import Evidence, Tensor
from .weights import Weight

_MOST_LAYERS = 5000
_MOST_SIZES = 200
_MOST_BANDS = 1024
_MOST_CHANNELS = 1 << 16

# Parts of names, between dots.
_BEGINS = re.compile(
    r"(^|\.)(conv1|conv_?0|conv_?in|in_?conv|inc|stem\w*|conv_stem|patch_embed\w*|enc\w*1|enc"
    r"|encoder\w*|down_?(convs?|conv1)?_?[01]?|conv1_1|first\w*|input\w*|features\.0|layers\.0"
    r"|backbone|block_?1|conv_?block_?1|initial\w*|embed\w*|model\.0)(\.|$)|^0$|^0\."
)
_ENDS = re.compile(
    r"(^|\.)(head|heads?\.\w+|final\w*|out|out_?c|out_?conv|conv_?out|output\w*|classifier|fc"
    r"|segmentation_head|logits?|last\w*|pred\w*|seg\w*|cls\w*|conv_?seg|score\w*|class_?head"
    r"|linear|decode_head|head_\w+|\w+_head)(\.|$)"
)
_LATE = re.compile(r"(^|\.)(dec\w*|up\w*|final\w*|out\w*|last\w*|head\w*|classifier)(\.|$)")
# The first block of residual U-Nets: input_layer and, beside it, input_skip.
_SHORTCUT = re.compile(r"(\w+\.)?input_(layer|skip|block|conv|shortcut)(\.|$)")
# Layers inside attention, gates and recurrent cells give no outputs of the network.
_INSIDE = re.compile(
    r"qkv|attn|attention|mlp|ffn|query|key|value|(^|\.)[qkv](\.|$)|in_proj|psi|gate|lstm|gru"
    r"|(^|\.)se(\.|_|$)|squeeze|excit|theta|phi|offset|pos_embed|time_emb|relative"
)
_BESIDE = re.compile(r"(^|\.|_)(loss\w*|criterion|metrics?|confmat|teacher|discriminator)(\.|_|$)")
_AUXILIARY = re.compile(r"(^|\.|_)(aux\w*|auxiliary\w*)(\.|_|$)")
# Detectors have several outputs, some of them made of many numbers for each anchor.
_DETECTS = re.compile(
    r"yolo|anchor|bbox|box_|boxes|(^|\.)rpn|roi_|(^|\.)dfl(\.|$)|retina|ssd|(^|\.)loc(\.|$)"
    r"|keypoint|mask_head|mask_pred|(^|\.)m\.[012]$|regression|reg_|centerness|landmark"
    r"|(^|\.)cv[23]\.\d"
)


@dataclass(frozen=True)
class Layer:
    """A convolution or linear layer, by the sizes of its weights."""

    name: str
    place: int
    kind: str
    ins: int
    outs: int
    kernel: Tuple[int, ...]
    groups: Optional[int]
    biased: bool
    normed: bool

    @property
    def block(self) -> str:
        """The module that holds the layer."""
        return self.name.rpartition(".")[0]


def inferred_tensors(
    weights: Sequence[Weight], *, ordered: bool
) -> Tuple[Tuple[Tensor, ...], Tuple[Tensor, ...]]:
    """Inputs and outputs of the network that has these weights; empty where it is not clear.

    Parameters
    ----------
    ordered
        Whether the weights come in the order of definition.

    Returns
    -------
    tuple
        Inputs and outputs, each at most one, of which only bands and classes are known.
    """
    kept = [item for item in weights if not _BESIDE.search(item.name)]
    if _channels_last(kept):
        return (), ()
    layers, norms = _layers(kept, ordered)
    convolutions = [item for item in layers if item.kind != "linear"]
    if not convolutions or len(layers) > _MOST_LAYERS:
        return (), ()
    if any(len(item.kernel) != 2 for item in convolutions):
        return (), ()
    first = _entry(convolutions, norms, ordered)
    last = _exit(layers, first, norms, ordered)
    inputs: Tuple[Tensor, ...] = ()
    outputs: Tuple[Tensor, ...] = ()
    if first is not None:
        shape = (None, first.ins, None, None)
        inputs = (Tensor(None, shape, "NCHW", None, Evidence.GUESSED),)
    if last is not None and last.kind == "linear":
        outputs = (Tensor(None, (None, last.outs), "NC", None, Evidence.GUESSED),)
    elif last is not None:
        shape = (None, last.outs, None, None)
        outputs = (Tensor(None, shape, "NCHW", None, Evidence.GUESSED),)
    return inputs, outputs


def _channels_last(weights: Sequence[Weight]) -> bool:
    """Whether kernels seem to be (out, height, width, in), as in MLX, which names them alike."""
    shapes = [item.shape for item in weights if len(item.shape) == 4]
    theirs = [shape for shape in shapes if shape[1] == shape[2] != shape[3]]
    ours = [shape for shape in shapes if shape[1] != shape[2] == shape[3]]
    return bool(theirs) and not ours


def _layers(weights: Sequence[Weight], ordered: bool) -> Tuple[List[Layer], Set[int]]:
    """The layers, and the sizes of normalisation layers."""
    by_name: Dict[str, Weight] = {item.name: item for item in weights}
    layers: List[Layer] = []
    norms: Set[int] = set()
    for place, weight in enumerate(weights):
        name, _, last = weight.name.rpartition(".")
        if last not in ("weight", "weight_orig", "weight_v"):
            continue
        if len(weight.shape) == 1 and weight.shape[0] > 1:
            norms.add(weight.shape[0])
        if len(weight.shape) < 2 or 0 in weight.shape:
            continue
        bias = by_name.get(f"{name}.bias")
        bias_size = bias.shape[0] if bias is not None and len(bias.shape) == 1 else None
        norm = _norm_after(weights, place, name) if ordered else None
        layers.append(_layer(weight, name, place, bias_size, norm))
    return layers, norms


def _norm_after(weights: Sequence[Weight], place: int, name: str) -> Optional[int]:
    """Size of the normalisation that is defined next, before any other layer."""
    for weight in weights[place + 1 : place + 4]:
        if weight.name.rpartition(".")[0] == name:
            continue
        if len(weight.shape) == 1 and weight.name.endswith(".weight") and weight.shape[0] > 1:
            return weight.shape[0]
        return None
    return None


def _layer(
    weight: Weight, name: str, place: int, bias: Optional[int], norm: Optional[int]
) -> Layer:
    rows, columns = weight.shape[:2]
    kernel = weight.shape[2:]
    known = weight.layer or ""
    kind = "conv" if kernel else "linear"
    if kernel and known.startswith(("ConvTranspose", "LazyConvTranspose")):
        kind = "transposed"
    elif kernel and not known.startswith("Conv"):
        # (out, in, ...) for convolutions, (in, out, ...) for transposed ones: the bias or the
        # normalisation behind has the size of the output.
        told = bias if bias is not None else norm
        if rows != columns and told == columns:
            kind = "transposed"
        elif told != rows and re.search(r"up|trans|deconv", name, re.IGNORECASE):
            kind = "unclear"
    ins, outs = (rows, columns) if kind == "transposed" else (columns, rows)
    groups = weight.groups
    if kind == "conv" and groups is not None and groups > 0:
        ins *= groups
    if kind == "transposed" and groups is not None and groups > 0:
        outs *= groups
    normed = norm is not None and norm == outs
    return Layer(name, place, kind, ins, outs, kernel, groups, bias is not None, normed)


class _Sums:
    """The numbers of channels that layers give, by themselves or joined.

    Up to twelve tensors of one size, of at least four channels, and one of any other are joined:
    dense blocks, pyramids, skip connections. Numbers are bits of one long integer, so that the
    sums of all pairs are a few shifts.
    """

    def __init__(self, sizes: Set[int]) -> None:
        usual = [size for size in sizes if size <= _MOST_CHANNELS]
        single = multiple = 0
        for size in usual:
            single |= 1 << size
            for count in range(1, 13) if size >= 4 else ():
                multiple |= 1 << (size * count)
        joined = single | multiple
        for size in usual:
            joined |= multiple << size
        self._bits = joined

    def __contains__(self, total: int) -> bool:
        return total > 0 and bool(self._bits >> total & 1)


def _entry(layers: Sequence[Layer], norms: Set[int], ordered: bool) -> Optional[Layer]:
    """The convolution that takes the image."""
    sizes = {item.outs for item in layers} | norms
    sizes |= {item.ins for item in layers if item.kind == "unclear"}
    if len(sizes) > _MOST_SIZES:
        return None
    sums = _Sums(sizes)
    strangers = [
        item
        for item in layers
        if item.kind == "conv" and item.ins not in sums and not _grouped(item, layers)
    ]
    if ordered:
        first: Optional[Layer] = layers[0]
    else:
        hinted = [item for item in layers if item.kind == "conv" and _first_by_name(item)]
        first = hinted[0] if len(hinted) == 1 else None
        if not hinted:
            first = next((item for item in strangers if _BEGINS.search(item.name)), None)
    if first is None or first.kind != "conv" or first.ins > _MOST_BANDS:
        return None
    for other in strangers:
        if other is first or other.ins - first.ins in sums:
            continue
        if other.ins != first.ins or not _same_block(other, first):
            # A second stream of images, or not the layer that it seems to be.
            return None
    if _LATE.search(first.name) or _DETECTS.search(first.name):
        return None
    if first.ins == 1 and first.groups is None and _depthwise_start(first, layers):
        return None
    if first in strangers or _BEGINS.search(first.name):
        return first
    least = min(
        (item.ins for item in layers if item is not first and item.ins > 1), default=first.ins + 1
    )
    return first if first.ins < least else None


def _first_by_name(layer: Layer) -> bool:
    return bool(
        re.search(
            r"(^|\.)(patch_embed\.proj|stem\.0|_?conv_stem|features\.0|features\.0\.0|conv1_1|inc"
            r"|inc\.\w+\.0|encoder\.conv1|backbone\.conv1|encoder\.conv_stem)$|^conv1$",
            layer.name,
        )
    )


def _grouped(layer: Layer, layers: Sequence[Layer]) -> bool:
    """Whether a convolution shows only the channels of one group: depthwise, or as in ResNeXt."""
    if layer.groups is not None:
        return False
    if layer.ins == 1 and layer.outs > 1:
        return True
    if layer.outs % layer.ins or max(layer.kernel) == 1:
        return False
    # Its block has a convolution that makes as many channels as this one takes in all groups.
    return any(
        other is not layer
        and other.outs == layer.outs
        and (other.block == layer.block or _parent(other.block) == _parent(layer.block) != "")
        for other in layers
    )


def _parent(block: str) -> str:
    return block.rpartition(".")[0]


def _same_block(one: Layer, other: Layer) -> bool:
    """Whether two layers lie side by side, as a convolution and its shortcut do."""
    if _SHORTCUT.match(one.name) and _SHORTCUT.match(other.name):
        return True
    here, there = one.block.split("."), other.block.split(".")
    shared = 0
    for mine, its in zip(here, there):
        if mine != its:
            break
        shared += 1
    if not shared:
        return False
    return shared >= min(len(here), len(there)) - 1


def _depthwise_start(first: Layer, layers: Sequence[Layer]) -> bool:
    """Whether the first convolution may filter each band by itself, so that its 1 is no band."""
    if first.outs >= 32 and first.outs % 16 == 0 and re.search(r"conv_?[01]$", first.name):
        return False  # the usual widths of a first layer
    later = [item for item in layers if item.place > first.place]
    following = min(later, key=lambda item: item.place, default=None)
    return following is not None and following.ins == first.outs and max(following.kernel) == 1


def _exit(
    layers: Sequence[Layer], first: Optional[Layer], norms: Set[int], ordered: bool
) -> Optional[Layer]:
    """The layer that gives the classes."""
    if any(_DETECTS.search(item.name) for item in layers):
        return None
    taken = {item.ins for item in layers if item is not first}
    sizes = {item.outs for item in layers} | norms
    if len(layers) > 1 and not any(size > 1 and ins % size == 0 for ins in taken for size in sizes):
        return None  # No layer takes what another gives: there is no last one.
    inner = [item for item in layers if _INSIDE.search(item.name)]
    ends = [
        item
        for item in layers
        if item not in inner and item.kind != "unclear" and not _is_taken(item, taken, norms, sizes)
    ]
    main = [item for item in ends if not _AUXILIARY.search(item.name)]
    candidates = [item for item in layers if not _AUXILIARY.search(item.name)]
    last: Optional[Layer] = None
    if ordered and candidates:
        last = candidates[-1]
        named = bool(_ENDS.search(last.name))
        others = [item for item in main if item is not last and item.outs > 1]
        if others or (last not in main and not (named and not last.normed)):
            return None
        if last not in main and last.ins == last.outs:
            return None
    else:
        heads = [item for item in candidates if _last_by_name(item)]
        if len(heads) == 1 and all(item is heads[0] or item.outs == 1 for item in main):
            last = heads[0]
        elif len(main) == 1 and (main[0].biased or _ENDS.search(main[0].name)):
            last = main[0]
    if last is None or last.kind == "unclear" or last.normed or last in inner:
        return None
    return last if _keeps_its_shape(last, layers) else None


def _last_by_name(layer: Layer) -> bool:
    return bool(
        re.search(
            r"^(segmentation_head\.[01]|classifier\.4|outc\.conv|decode_head\.(conv_seg|classifier)"
            r"|head|fc|head\.fc|out_?conv|final(_conv)?|logits)$",
            layer.name,
        )
    )


def _is_taken(layer: Layer, taken: Set[int], norms: Set[int], sizes: Set[int]) -> bool:
    """Whether another layer takes what this one gives."""
    outs = layer.outs
    if layer.normed or outs in taken or outs in norms:
        return True
    if layer.kind == "conv" and outs >= 8:
        # Joined with others, or flattened before a linear layer.
        return any(ins - outs in sizes or (ins > outs and ins % outs == 0) for ins in taken)
    return False


def _keeps_its_shape(last: Layer, layers: Sequence[Layer]) -> bool:
    """Whether the output has the shape that the last layer gives."""
    if last.kind == "linear":
        return bool(_ENDS.search(last.name)) and not _DETECTS.search(last.name)
    if max(last.kernel) > 1 and last.kind == "conv" and not _ENDS.search(last.name):
        # Pixels may be made of its channels afterwards.
        return False
    if re.search(r"(^|\.)fc$|shuff|pixel|upsampl", last.name):
        # Pooled to a vector afterwards, or its channels become pixels.
        return False
    if last.name == "classifier" and not any(
        re.search(r"dec|up|aspp", item.name) for item in layers
    ):
        return False
    # A classifier of convolutions behind a dropout: averaged over the image afterwards.
    return not (
        re.search(r"(^|\.)classifier\.1$", last.name)
        and not any(re.search(r"(^|\.)classifier\.0$", item.name) for item in layers)
    )
