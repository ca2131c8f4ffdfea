"""What the tests share: where fixtures and the larger real models lie."""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.stand_in_windows import StandIn, usable

TESTS = Path(__file__).parent
FIXTURES = TESTS / "fixtures"
#: Larger real models, which don't come with the project: a folder named by DL2ECD_SHARED_MODELS,
#: or the one beside the checkout.
SHARED_MODELS = Path(
    os.environ.get("DL2ECD_SHARED_MODELS", TESTS.parent.parent / "shared" / "models")
)

#: Whether every test runs under the stand-in for Windows.
AS_WINDOWS = bool(os.environ.get("DL2ECD_AS_WINDOWS"))
#: Whether there is nothing of POSIX: signals, locks, links, modes.
NO_POSIX = os.name == "nt" or AS_WINDOWS

# How fast a machine is, or busy, is not what tests are about; a folder may serve many examples.
settings.register_profile(
    "dl2ecd",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("dl2ecd")


#: More workers than this only wait for each other to start.
MOST_WORKERS = 8


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Share the whole suite among the cores, unless something else was asked for.

    Single files run in one process: workers take seconds to start. pytest-xdist's own hook, which
    comes after this one, does what the option says.
    """
    options = config.option
    if hasattr(config, "workerinput"):
        return
    whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    # Coverage has been told already how many processes there are, and can't be told again.
    measured = bool(getattr(options, "cov_source", None))
    # Without pytest-xdist there is no such option.
    plain = getattr(options, "numprocesses", 0) is None and not options.usepdb
    if whole and plain and not measured:
        workers = min(MOST_WORKERS, os.cpu_count() or 1)
        options.numprocesses = workers if workers > 1 else None


def hears_ctrl_c() -> None:
    """Run in a child before its program: what starts in the background ignores Ctrl-C otherwise."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


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


@pytest.fixture
def as_windows(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> StandIn:
    """Files as Windows has them, under the folder for temporary files of this run."""
    if not usable():
        pytest.skip("needs Linux and Python 3.11 or later")
    # Played in one process, what is open in another is not protected: no folder is shared.
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("temporary")))
    return StandIn(tmp_path_factory.getbasetemp(), monkeypatch)


@pytest.fixture(autouse=AS_WINDOWS)
def _always_as_windows(as_windows: StandIn) -> None:
    """The same for every test, where DL2ECD_AS_WINDOWS asks for it."""
