"""What the command line's exit codes mean."""

from __future__ import annotations

#: The job is done; there may be warnings.
DONE = 0
#: The input was refused or found wrong; nothing was written.
REFUSED = 1
#: The command was called in a way it does not know.
USAGE = 2
