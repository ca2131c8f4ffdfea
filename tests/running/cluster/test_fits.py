"""What the client found out of a model's tiles, and workers need not."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, List

import pytest

from dl2ecd_core.running.cluster import fits
from dl2ecd_core.running.cluster.fits import fit_of, plain_fit
from dl2ecd_core.running.sessions.scores import Scores
from dl2ecd_core.running.tiles import fitting
from dl2ecd_core.running.tiles.fitted import Fitted
from dl2ecd_core.running.tiles.fitting import fit_tiles
from dl2ecd_core.running.tiles.placement import Placement
from tests.running.scenes import scores


@pytest.fixture
def unet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scores:
    monkeypatch.setattr(fitting, "USUAL", (64, 64))
    return scores("unet", tmp_path)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> List[Any]:
    """Where it is found out after all."""
    seen: List[Any] = []

    def counted(*arguments: Any) -> Fitted:
        seen.append(arguments)
        return fit_tiles(*arguments)

    monkeypatch.setattr(fits, "fit_tiles", counted)
    return seen


def sent(fitted: Fitted, one: Scores, **more: Any) -> Any:
    return {**json.loads(json.dumps(plain_fit(fitted, one.session))), **more}


def test_is_the_same_at_the_worker(unet: Scores, asked: List[Any]) -> None:
    fitted = fit_tiles(unet)
    again = fit_of(sent(fitted, unet))(unet, {})
    assert asked == []
    assert replace(again, scores=fitted.scores) == fitted
    assert again.scores.tile == fitted.scores.tile
    assert again.scores.batch == fitted.scores.batch


@pytest.mark.parametrize(
    "placement",
    [
        Placement(64, 64, reach=None),
        Placement(64, 8, scale=Fraction(8), stride=8, start=Fraction(1, 2)),
        Placement(64, 128, scale=Fraction(1, 2), reach=(Fraction(3, 2), 7)),
    ],
)
def test_of_any_kind_comes_through(unet: Scores, placement: Placement) -> None:
    fitted = Fitted(unet, placement, placement, probed=True)
    again = fit_of(sent(fitted, unet))(unet, {})
    assert again == fitted


@pytest.mark.parametrize("plain", [None, "other"])
def test_is_found_out_where_it_is_not_known(unet: Scores, asked: List[Any], plain: Any) -> None:
    fitted = fit_tiles(unet)
    told = None if plain is None else sent(fitted, unet, runtime="another")
    again = fit_of(told)(unet, {})
    assert len(asked) == 1
    assert again.rows == fitted.rows


def test_is_found_out_where_sizes_stay(
    unet: Scores, asked: List[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = sent(fit_tiles(unet), unet, freed=True)
    monkeypatch.setattr(type(unet.session), "freed", lambda session: None)
    fit_of(told)(unet, {})
    assert len(asked) == 1


def test_of_a_freed_model_frees_it_again(unet: Scores, asked: List[Any]) -> None:
    again = fit_of(sent(fit_tiles(unet), unet, freed=True))(unet, {})
    assert asked == []
    assert again.scores.session is not unet.session
    assert again.scores.tile == (None, None)
