"""Benchmarks, run by hand: ``python -m tests.benchmarks``. See ``__main__.py`` for its options."""
