"""A session as a function from pixels to scores, whatever the order of its axes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, Collection, List, Mapping, Optional, Sequence, Tuple

import numpy as np
import pytest

from dl2ecd_core.models import Activation, Tensor
from dl2ecd_core.running.extras import RunningRefused
from dl2ecd_core.running.probabilities import Kind, Probabilities, kind_of
from dl2ecd_core.running.sessions.scores import image_input, scores_of
from dl2ecd_core.running.tiles.fitting import fit_tiles


class Made:
    """A session that is made up: its outputs are the first bands of its inputs."""

    runtime, batch, threads = "nothing", 1, 1
    properties: Mapping[str, str] = {}

    def __init__(self, inputs: Sequence[Tensor], outputs: Sequence[Tensor], give: Any) -> None:
        self.inputs, self.outputs = tuple(inputs), tuple(outputs)
        self._give = give
        self.seen: List[Tuple[int, ...]] = []

    def run(self, arrays: Sequence[np.ndarray]) -> List[np.ndarray]:
        self.seen = [array.shape for array in arrays]
        return [self._give(*arrays)]

    def freed(self) -> Optional[Made]:
        return None

    def threaded(self, count: int) -> Made:
        return self

    def stop(self, threads: Collection[int]) -> None:
        """What runs takes no time."""

    def close(self) -> None:
        """Nothing to let go of."""


def tensor(axes: str, *shape: Optional[int], name: str = "x", **more: Any) -> Tensor:
    return Tensor(name, tuple(shape), axes, "float32", **more)


PIXELS = np.arange(4 * 3 * 5, dtype="float32").reshape(4, 3, 5)


@pytest.mark.parametrize(
    ("going_in", "coming_out", "give"),
    [
        (("NCHW", 1, 4, 3, 5), ("NCHW", 1, 2, 3, 5), lambda x: x[:, :2]),
        (("NHWC", 1, 3, 5, 4), ("NHWC", 1, 3, 5, 2), lambda x: x[..., :2]),
        (("CHW", 4, 3, 5), ("CHW", 2, 3, 5), lambda x: x[:2]),
        (("HWC", 3, 5, 4), ("NCHW", 1, 2, 3, 5), lambda x: x[..., :2].transpose(2, 0, 1)[None]),
        # Axes that the file does not name, told by their sizes.
        (("????", None, 4, 3, 5), ("????", None, 2, 3, 5), lambda x: x[:, :2]),
        (("???", 3, 5, 4), ("???", 3, 5, 2), lambda x: x[..., :2]),
    ],
)
def test_scores_are_layers_of_rows(going_in: Any, coming_out: Any, give: Any) -> None:
    session = Made([tensor(*going_in)], [tensor(*coming_out)], give)
    found = scores_of(session, 4, None, 2)(PIXELS)
    assert np.array_equal(found, PIXELS[:2])


def test_bands_are_shared_out_over_several_inputs() -> None:
    inputs = [tensor("NCHW", 1, 3, 3, 5, name="a"), tensor("NCHW", 1, 1, 3, 5, name="b")]
    session = Made(
        inputs, [tensor("NCHW", 1, 2, 3, 5)], lambda a, b: np.concatenate([b, a], 1)[:, :2]
    )
    made = scores_of(session, 4, None, 2)
    assert made.bands == 4
    assert np.array_equal(made(PIXELS), PIXELS[[3, 0]])
    assert session.seen == [(1, 3, 3, 5), (1, 1, 3, 5)]
    assert [len(one) for one in (made.of_tiles([PIXELS]),)] == [1]


def test_an_output_of_indices_has_one_layer() -> None:
    session = Made([tensor("NCHW", 1, 4, 3, 5)], [tensor("NHW", 1, 3, 5)], lambda x: x[:, 0])
    assert np.array_equal(scores_of(session, 4, None, 6)(PIXELS), PIXELS[:1])


def test_indices_that_come_where_scores_were_expected_have_one_layer() -> None:
    """TorchScript does not say what comes out, and scores are the usual."""
    session = Made(
        [tensor("NCHW", 1, 4, 3, 5)],
        [tensor("NCHW", None, 6, None, None)],
        lambda x: x[:, 0].astype("int64"),
    )
    assert np.array_equal(scores_of(session, 4, None, 6)(PIXELS), PIXELS[:1])


def test_an_input_of_one_band_may_have_no_axis_for_it() -> None:
    session = Made([tensor("NHW", 1, 3, 5)], [tensor("NHW", 1, 3, 5)], lambda x: x)
    assert np.array_equal(scores_of(session, 1, None, 1)(PIXELS[:1]), PIXELS[:1])


@pytest.mark.parametrize(
    ("axes", "shape", "told"),
    [
        ("NC??", (1, 4, 3, 5), "NCHW"),
        ("N??C", (1, 4, 3, 4), "NHWC"),
        ("????", (1, 4, 3, 5), "NCHW"),
    ],
)
def test_rows_and_columns_that_the_network_leaves_open_are_told_by_the_sizes(
    axes: str, shape: Tuple[int, ...], told: str
) -> None:
    assert image_input(tensor(axes, *shape), 4).axes == told


def test_more_than_a_table_is_no_table_of_pixels() -> None:
    with pytest.raises(RunningRefused) as refused:
        image_input(tensor("NC?", 1, 4, 3), 4)
    assert [item.rule for item in refused.value.findings] == ["model-input-unknown"]


def test_one_class_for_a_tile_is_one_pixel() -> None:
    session = Made([tensor("NCHW", 1, 4, 3, 5)], [tensor("NC", 1, 2)], lambda x: x[:, :2, 0, 0])
    found = scores_of(session, 4, None, 2)(PIXELS)
    assert found.shape == (2, 1, 1)


def test_one_of_several_outputs_is_chosen_by_its_name() -> None:
    outputs = [tensor("NC", 1, 9, name="a"), tensor("NCHW", 1, 2, 3, 5, name="b")]
    session = Made([tensor("NCHW", 1, 4, 3, 5)], outputs, lambda x: x)
    assert scores_of(session, 4, "b", 2).output == 1
    with pytest.raises(RunningRefused, match=r"model-output-unknown.*2 outputs"):
        scores_of(session, 4, None, 2)


@pytest.mark.parametrize(
    ("going_in", "bands", "rule"),
    [
        (("NCHW", 1, 3, 3, 5), 4, "model-input-unknown"),
        (("????", 1, 4, 4, 4), 4, "model-input-unknown"),
        (("??", 1, 1), 4, "model-input-unknown"),
        (("NCHW", 1, None, 3, 5), 4, None),
    ],
)
def test_inputs_that_can_not_be_told(going_in: Any, bands: int, rule: Optional[str]) -> None:
    session = Made([tensor(*going_in)], [tensor("NCHW", 1, 2, 3, 5)], lambda x: x)
    if rule is None:
        assert scores_of(session, bands, None, 2).bands == bands
    else:
        with pytest.raises(RunningRefused, match=rule):
            scores_of(session, bands, None, 2)


def test_inputs_of_unknown_shape_are_refused() -> None:
    session = Made([Tensor("x")], [tensor("NCHW", 1, 2, 3, 5)], lambda x: x)
    with pytest.raises(RunningRefused, match="model-input-unknown"):
        scores_of(session, 4, None, 2)
    with pytest.raises(RunningRefused, match=r"model-input-unknown.*0 inputs"):
        scores_of(Made([], [], None), 4, None, 2)


def test_outputs_whose_axes_can_not_be_told_are_refused() -> None:
    session = Made([tensor("NCHW", 1, 4, 3, 5)], [tensor("????", 1, 2, 2, 2)], lambda x: x)
    with pytest.raises(RunningRefused, match="model-output-unknown: Which axes"):
        scores_of(session, 4, None, 2)


def test_a_result_of_another_rank_is_a_sentence() -> None:
    session = Made([tensor("NCHW", 1, 4, 3, 5)], [tensor("NCHW", 1, 2, 3, 5)], lambda x: x[0])
    with pytest.raises(RunningRefused, match="model-run-failed: The model gave a result of"):
        scores_of(session, 4, None, 2)(PIXELS)


def test_tiles_of_a_fixed_size_that_nobody_frees() -> None:
    """Every other pixel of a tile of 32."""
    session = Made(
        [tensor("NCHW", 1, 4, 32, 32)],
        [tensor("NCHW", 1, 2, 16, 16)],
        lambda x: x[:, :2].reshape(1, 2, 16, 2, 16, 2).sum((3, 5)),
    )
    fitted = fit_tiles(scores_of(session, 4, None, 2))
    assert (fitted.rows.tile, fitted.rows.scale, fitted.rows.stride) == (32, 2, 2)
    assert fitted.halo == 0


class TestProbabilities:
    def test_of_scores_add_up_to_one(self) -> None:
        scores = np.random.default_rng(1).normal(0, 300, (5, 4, 4)).astype("float32")
        shares = Probabilities(Kind.LOGITS, 5).of_scores(scores)
        assert shares.sum(0) == pytest.approx(np.ones((4, 4)), abs=1e-5)
        assert np.array_equal(shares.argmax(0), scores.argmax(0))

    def test_of_one_score_are_those_of_a_sigmoid(self) -> None:
        scores = np.array([[[-1e4, -1.0, 0.0, 2.0, 1e4]]], "float32")
        shares = Probabilities(Kind.LOGIT, 1).of_scores(scores)[0, 0]
        assert shares == pytest.approx([0, 1 / (1 + np.e), 0.5, 1 / (1 + np.exp(-2)), 1], abs=1e-6)

    def test_of_indices_are_certain(self) -> None:
        shares = Probabilities(Kind.INDICES, 3).of_scores(np.array([[[0, 2, 1]]]))
        assert shares[:, 0].tolist() == [[1, 0, 0], [0, 0, 1], [0, 1, 0]]

    @pytest.mark.parametrize("probability", [0.1, 0.5, 0.9])
    def test_a_threshold_is_the_same_in_scores(self, probability: float) -> None:
        shares = Probabilities(Kind.LOGIT, 1)
        score = np.full((1, 1, 1), shares.score_at(probability))
        assert shares.of_scores(score).item() == pytest.approx(probability, abs=1e-6)
        assert Probabilities(Kind.SHARES, 1).score_at(probability) == probability

    def test_thresholds_at_the_ends(self) -> None:
        shares = Probabilities(Kind.LOGIT, 1)
        assert (shares.score_at(0), shares.score_at(1)) == (-np.inf, np.inf)

    @pytest.mark.parametrize(
        ("activation", "layers", "example", "kind"),
        [
            (Activation.ARGMAX, 1, None, Kind.INDICES),
            (Activation.SOFTMAX, 3, None, Kind.SHARES),
            (Activation.SIGMOID, 1, None, Kind.SHARES),
            (Activation.NONE, 1, np.array([0.5]), Kind.LOGIT),
            (Activation.NONE, 3, None, Kind.LOGITS),
            (None, 3, None, Kind.LOGITS),
            (None, 3, np.array([0.0, 1.0]), Kind.SHARES),
            (None, 1, np.array([-1.0, 1.0]), Kind.LOGIT),
            (None, 1, np.array([3]), Kind.INDICES),
        ],
    )
    def test_what_scores_are(self, activation: Any, layers: int, example: Any, kind: Kind) -> None:
        assert kind_of(activation, layers, example) is kind


def test_two_batches_run_at_once_and_no_third() -> None:
    """One runs on a card while the next is copied there; a third would only take its memory."""
    meeting, crowd = Barrier(2), []

    class Card(Made):
        def run(self, arrays: Sequence[np.ndarray]) -> List[np.ndarray]:
            crowd.append("in")
            # Two have to be here at once, or this breaks.
            meeting.wait(20)
            assert crowd.count("in") - crowd.count("out") <= 2
            meeting.wait(20)
            crowd.append("out")
            return super().run(arrays)

    ends = [tensor("NCHW", None, 4, 3, 5)], [tensor("NCHW", None, 2, 3, 5)]
    made = scores_of(Card(*ends, lambda x: x[:, :2]), 4, None, 2)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(made.of_tiles, [[PIXELS, PIXELS + 1]] * 4))
    assert len(crowd) == 8
    for one, other in found:
        assert np.array_equal(one, PIXELS[:2])
        assert np.array_equal(other, PIXELS[:2] + 1)
