"""First and last layer by the shapes of weights: right, or nothing said."""

from __future__ import annotations

from typing import Dict, Optional, Tuple

import pytest

from dl2ecd_core.models.pytorch.layers import inferred_tensors
from dl2ecd_core.models.pytorch.weights import Weight

Shapes = Dict[str, Tuple[int, ...]]


def told(shapes: Shapes, *, ordered: bool = True) -> Tuple[Optional[int], Optional[int]]:
    """Bands and classes."""
    weights = [Weight(name, shape) for name, shape in shapes.items()]
    inputs, outputs = inferred_tensors(weights, ordered=ordered)
    bands = inputs[0].shape[1] if inputs and inputs[0].shape else None
    classes = outputs[0].shape[1] if outputs and outputs[0].shape else None
    return bands, classes


UNET: Shapes = {
    "enc1.0.weight": (16, 4, 3, 3),
    "enc1.1.weight": (16,),
    "enc2.0.weight": (32, 16, 3, 3),
    "enc2.1.weight": (32,),
    "up.weight": (32, 16, 2, 2),
    "up.bias": (16,),
    "dec.0.weight": (16, 32, 3, 3),
    "dec.1.weight": (16,),
    "head.weight": (5, 16, 1, 1),
    "head.bias": (5,),
}


@pytest.mark.parametrize("ordered", [True, False])
def test_a_unet_tells_bands_and_classes(ordered: bool) -> None:
    shapes = UNET if ordered else dict(sorted(UNET.items()))
    assert told(shapes, ordered=ordered) == (4, 5)


def test_as_many_classes_as_bands_are_told() -> None:
    assert told({**UNET, "head.weight": (4, 16, 1, 1), "head.bias": (4,)}) == (4, 4)


def test_a_skip_connection_from_the_image_is_no_second_input() -> None:
    assert told({**UNET, "dec.0.weight": (16, 36, 3, 3)}) == (4, 5)


def test_a_second_stream_of_images_leaves_the_bands_unknown() -> None:
    shapes = {"radar.0.weight": (16, 2, 3, 3), "radar.1.weight": (16,), **UNET}
    assert told(shapes)[0] is None


def test_kernels_with_channels_last_tell_nothing() -> None:
    # MLX names weights as PyTorch does; four bands, of which PyTorch's order would make three.
    shapes: Shapes = {
        "conv1.weight": (16, 3, 3, 4),
        "conv1.bias": (16,),
        "conv2.weight": (32, 3, 3, 16),
        "conv2.bias": (32,),
        "head.weight": (5, 1, 1, 32),
        "head.bias": (5,),
    }
    assert told(shapes) == told(shapes, ordered=False) == (None, None)


def test_kernels_that_are_lines_are_no_channels_last() -> None:
    lines = {"enc2.0.weight": (32, 16, 3, 1), "enc2.2.weight": (32, 1, 1, 3)}
    assert told({**UNET, **lines})[0] == 4


def test_layers_side_by_side_are_no_network() -> None:
    # One layer for each of another network's, as in LPIPS: none is the last.
    shapes: Shapes = {f"lin{n}.model.1.weight": (1, ins, 1, 1) for n, ins in enumerate((64, 192))}
    assert told(shapes) == (None, None)


def test_detectors_tell_no_classes() -> None:
    heads: Shapes = {
        f"model.24.m.{n}.{part}": shape
        for n in range(3)
        for part, shape in (("weight", (255, 16, 1, 1)), ("bias", (255,)))
    }
    body = {name: shape for name, shape in UNET.items() if not name.startswith("head")}
    assert told({**body, **heads})[1] is None


def test_two_different_heads_leave_the_classes_unknown() -> None:
    assert told({**UNET, "height.weight": (2, 16, 1, 1), "height.bias": (2,)})[1] is None


def test_an_auxiliary_head_is_left_out() -> None:
    shapes = {**UNET, "aux_head.weight": (5, 32, 1, 1), "aux_head.bias": (5,)}
    assert told(shapes) == (4, 5)


def test_a_transposed_convolution_at_the_end_is_read_by_its_bias() -> None:
    shapes = {**UNET, "head.weight": (16, 6, 2, 2), "head.bias": (6,)}
    assert told(shapes) == (4, 6)


def test_a_loss_with_weights_is_not_the_end() -> None:
    assert told({**UNET, "criterion.weight": (5,)}) == (4, 5)


def test_a_depthwise_first_layer_tells_no_bands() -> None:
    shapes: Shapes = {
        "body.0.weight": (4, 1, 3, 3),
        "body.1.weight": (16, 4, 1, 1),
        "body.1.bias": (16,),
        "head.weight": (3, 16, 1, 1),
        "head.bias": (3,),
    }
    assert told(shapes)[0] is None


def test_a_vision_transformer_tells_both() -> None:
    shapes: Shapes = {
        "cls_token": (1, 1, 48),
        "patch_embed.proj.weight": (48, 6, 16, 16),
        "patch_embed.proj.bias": (48,),
        "blocks.0.norm1.weight": (48,),
        "blocks.0.attn.qkv.weight": (144, 48),
        "blocks.0.attn.qkv.bias": (144,),
        "blocks.0.attn.proj.weight": (48, 48),
        "blocks.0.attn.proj.bias": (48,),
        "blocks.0.mlp.fc1.weight": (192, 48),
        "blocks.0.mlp.fc2.weight": (48, 192),
        "norm.weight": (48,),
        "head.weight": (10, 48),
        "head.bias": (10,),
    }
    assert told(shapes) == (6, 10)


@pytest.mark.parametrize(
    "shapes",
    [
        {},
        {"fc.weight": (5, 4)},
        {"embedding.weight": (1000, 64)},
        {"conv.weight": (5, 4, 3)},
        {"conv.weight": (5, 4, 3, 3, 3)},
        {"conv.weight": (0, 4, 3, 3)},
        {"conv.weight": (5, 1 << 61, 3, 3)},
    ],
)
def test_other_weights_tell_nothing(shapes: Shapes) -> None:
    assert told(shapes)[0] is None


def test_many_layers_take_no_long_time() -> None:
    shapes = {f"layer{n}.weight": (n + 1, n + 7, 3, 3) for n in range(5000)}
    told(shapes)


def test_a_decoder_defined_first_does_not_take_the_image() -> None:
    decoder: Shapes = {"dec.0.weight": (8, 16, 3, 3), "dec.3.weight": (8, 8, 3, 3)}
    encoder: Shapes = {"enc.0.weight": (16, 4, 3, 3), "enc.3.weight": (16, 16, 3, 3)}
    last: Shapes = {"last.weight": (2, 8, 1, 1), "last.bias": (2,)}
    assert told({**decoder, **encoder, **last})[0] is None


def test_channels_that_may_become_pixels_are_no_classes() -> None:
    shapes: Shapes = {
        "conv1.weight": (16, 4, 5, 5),
        "conv1.bias": (16,),
        "conv2.weight": (36, 16, 3, 3),
        "conv2.bias": (36,),
    }
    assert told(shapes) == (4, None)


def test_numbered_layers_tell_both() -> None:
    shapes: Shapes = {
        "0.weight": (8, 5, 3, 3),
        "0.bias": (8,),
        "2.weight": (3, 8, 1, 1),
        "2.bias": (3,),
    }
    assert told(shapes) == (5, 3)


def test_a_shortcut_beside_the_first_layer_is_no_second_input() -> None:
    shapes: Shapes = {
        "input_layer.0.weight": (16, 6, 3, 3),
        "input_layer.1.weight": (16,),
        "input_skip.0.weight": (16, 6, 3, 3),
        "input_skip.0.bias": (16,),
        "output_layer.0.weight": (3, 16, 1, 1),
        "output_layer.0.bias": (3,),
    }
    assert told(shapes) == (6, 3)


def renamed(shapes: Shapes, old: str, new: str) -> Shapes:
    return {name.replace(old, new): shape for name, shape in shapes.items()}


def test_an_upsampling_layer_of_unclear_direction_does_no_harm() -> None:
    # Without a bias nothing tells (in, out, ...) from (out, in, ...).
    shapes = {name: shape for name, shape in UNET.items() if name != "up.bias"}
    assert told(shapes) == (4, 5)


def test_two_layers_named_like_the_first_leave_the_bands_unknown() -> None:
    shapes = {"encoder.conv1.weight": (16, 4, 3, 3), "backbone.conv1.weight": (16, 3, 3, 3)}
    assert told(shapes, ordered=False)[0] is None


@pytest.mark.parametrize(("first", "bands"), [(4, 4), (8, None)])
def test_a_first_layer_that_others_could_feed_tells_bands_if_it_takes_the_fewest(
    first: int, bands: Optional[int]
) -> None:
    # 4 channels come in, and 4 come out of the last layer as well.
    shapes: Shapes = {
        "body.a.weight": (8, first, 3, 3),
        "body.a.bias": (8,),
        "body.b.weight": (first, 8, 3, 3),
        "body.b.bias": (first,),
    }
    assert told(shapes)[0] == bands


@pytest.mark.parametrize(
    ("one", "other", "bands"),
    [
        # A convolution and the shortcut beside it take the same image.
        ("enc.0.conv", "enc.0.skip", 4),
        ("enc.conv.0", "enc.downsample.0", 4),
        ("input_layer.0", "input_skip.0", 4),
        # Two streams of images do not.
        ("optical.conv", "radar.conv", None),
    ],
)
def test_a_shortcut_beside_the_first_layer_is_no_second_stream(
    one: str, other: str, bands: Optional[int]
) -> None:
    shapes: Shapes = {
        f"{one}.weight": (16, 4, 3, 3),
        f"{one}.bias": (16,),
        f"{other}.weight": (16, 4, 1, 1),
        f"{other}.bias": (16,),
        "head.weight": (5, 16, 1, 1),
        "head.bias": (5,),
    }
    assert told(shapes)[0] == bands


@pytest.mark.parametrize(("width", "bands"), [(64, 1), (4, None)])
def test_a_first_layer_of_usual_width_sees_one_band(width: int, bands: Optional[int]) -> None:
    # Narrow ones may filter each band by itself, with the bands joined by the next layer.
    shapes: Shapes = {
        "conv1.weight": (width, 1, 7, 7),
        "mix.weight": (32, width, 1, 1),
        "mix.bias": (32,),
        "head.weight": (3, 32, 1, 1),
        "head.bias": (3,),
    }
    assert told(shapes)[0] == bands


def test_a_last_layer_as_wide_as_the_one_before_tells_no_classes() -> None:
    assert told({**UNET, "head.weight": (16, 16, 1, 1), "head.bias": (16,)}) == (4, None)


@pytest.mark.parametrize(
    ("name", "classes"),
    [("head", 5), ("final_layer", 5), ("mapping", 5), ("fc", None), ("attn", None)],
)
def test_without_order_the_one_layer_that_feeds_no_other_tells_classes(
    name: str, classes: Optional[int]
) -> None:
    assert told(renamed(UNET, "head", name), ordered=False) == (4, classes)


def test_without_order_bias_and_name_the_last_layer_is_not_known() -> None:
    shapes = {name: shape for name, shape in UNET.items() if name != "head.bias"}
    assert told(renamed(shapes, "head", "mapping"), ordered=False) == (4, None)


@pytest.mark.parametrize(
    ("name", "classes"),
    [
        ("head", 5),
        # Pooled to a vector, or made to pixels afterwards.
        ("fc", None),
        ("upsampler", None),
        ("pixel_shuffle", None),
        # A recurrent or attention layer gives no output of the network.
        ("gate", None),
    ],
)
def test_names_tell_what_becomes_of_the_last_channels(name: str, classes: Optional[int]) -> None:
    assert told(renamed(UNET, "head", name)) == (4, classes)


@pytest.mark.parametrize(("body", "classes"), [("body", None), ("decoder", 5)])
def test_a_classifier_without_a_decoder_gives_one_vector(body: str, classes: Optional[int]) -> None:
    shapes: Shapes = {
        "conv1.weight": (16, 4, 3, 3),
        "conv1.bias": (16,),
        f"{body}.weight": (32, 16, 3, 3),
        f"{body}.bias": (32,),
        "classifier.weight": (5, 32, 1, 1),
        "classifier.bias": (5,),
    }
    assert told(shapes) == (4, classes)


def test_more_sizes_than_any_network_has_tell_nothing() -> None:
    shapes: Shapes = {f"layer{n}.weight": (n + 9, n + 8, 3, 3) for n in range(300)}
    assert told(shapes)[0] is None
