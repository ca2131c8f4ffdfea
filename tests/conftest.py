"""What the tests share: where fixtures and the larger real models lie."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

TESTS = Path(__file__).parent
FIXTURES = TESTS / "fixtures"
#: Larger real models, which don't come with the project: a folder named by DL2ECD_SHARED_MODELS,
#: or the one beside the checkout.
SHARED_MODELS = Path(
    os.environ.get("DL2ECD_SHARED_MODELS", TESTS.parent.parent / "shared" / "models")
)

# How fast a machine is, or busy, is not what tests are about; a folder may serve many examples.
settings.register_profile(
    "dl2ecd",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("dl2ecd")


@pytest.fixture
def fixtures() -> Path:
    """The folder of tiny models that come with the project."""
    return FIXTURES


@pytest.fixture
def shared_models() -> Path:
    """The folder of larger real models; the test is skipped where it is absent."""
    if not SHARED_MODELS.is_dir():
        pytest.skip("the larger real models are not on this machine")
    return SHARED_MODELS
