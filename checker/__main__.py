"""``python -m checker`` and the ``flowcheck`` command."""

from __future__ import annotations

import gc
import os
import signal
import sys
from typing import Final

_YOUNG: Final = 1_000_000
"""Objects made since the last search for cycles that start the next one; Python's own value is 700."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit code. Shape: words as in ``sys.argv[1:]``."""
    from checker.cli import run

    if arguments is not None:
        return run(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: what is half done is put away
    # A process of its own, short, and nearly without cycles: a tenth of its time went into looking for them. The
    # search stays on, for long audits, but comes a thousand times less often.
    gc.set_threshold(_YOUNG, 10, 100)
    # Arrow's own allocators keep a hundred MB for each thread, or give it back at the price of page faults.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    code = run(sys.argv[1:])
    # With numpy the engine ran, which leaves millions of objects; DuckDB says at length which of its own are left.
    if {"duckdb", "numpy"} & sys.modules.keys():
        _leave(code)
    else:
        gc.freeze()  # what is left ends with the process; nothing to look for
    return code


def _leave(code: int) -> None:
    """End the process as it stands, with what a run has made: to take millions of objects apart takes its time.

    Files and threads are closed by those who open them. Where output cannot be written, Python ends, and says so.
    """
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError, AttributeError):  # full, or closed by the caller
        return
    os._exit(code)


if __name__ == "__main__":
    sys.exit(main())
