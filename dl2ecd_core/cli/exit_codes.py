"""What the command line's exit codes mean."""

from __future__ import annotations

#: The job is done; there may be warnings.
DONE = 0
#: The input was refused or found wrong; nothing was written.
REFUSED = 1
#: The command was called in a way it does not know.
USAGE = 2
#: Ctrl-C was pressed: 128 and the number of SIGINT, as shells say it.
INTERRUPTED = 130
#: Whoever read the output has gone: 128 and the number of SIGPIPE.
PIPE_CLOSED = 141
#: The system asked the process to end: 128 and the number of SIGTERM.
TERMINATED = 143
