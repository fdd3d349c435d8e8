"""``python -m checker`` and the ``flowcheck`` command."""

from __future__ import annotations

import gc
import sys


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit code. Shape: words as in ``sys.argv[1:]``."""
    from checker.cli import run

    if arguments is None:
        # A process of its own, short, and without cycles to speak of: a tenth of its time went into looking for them.
        gc.disable()
        return run(sys.argv[1:])
    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
