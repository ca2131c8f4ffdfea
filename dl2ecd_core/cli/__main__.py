"""``python -m dl2ecd_core.cli``: the command line where the script is not on the path."""

from . import main

main()
