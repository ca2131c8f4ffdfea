"""``python -m dl2ecd_core``: the command line where the ``dl2ecd`` script is not on the path."""

from .cli import main

main()
