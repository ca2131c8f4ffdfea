"""An .ecd at work on many machines, and on many scenes; README.md shows how.

Dask does the scheduling. Nothing of it is imported before a cluster is asked for.
"""
