"""What a runtime says when it fails."""

from __future__ import annotations

from dl2ecd_core.running.sessions.failures import run_failed


def test_a_runtime_that_gives_up_without_a_word() -> None:
    """As LiteRT does for want of memory."""
    (said,) = run_failed("LiteRT 2.3.0 on the CPU", RuntimeError()).findings
    assert said.message.endswith("could not run the model: it does not say why.")
    assert "more memory" in said.hint
