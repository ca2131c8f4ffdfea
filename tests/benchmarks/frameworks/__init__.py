"""Scripts that make and load models with the frameworks themselves, each run on its own.

``NAME_side.py make FILE SIZE`` writes a model, ``NAME_side.py load FILE`` reads one; both print
the seconds that took, imports left out, as JSON. They import nothing of this project, and run in
whatever Python has the framework.
"""
