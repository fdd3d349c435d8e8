"""``python -m checker`` and the ``flowcheck`` command."""

from __future__ import annotations

import sys


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit code. Shape: words as in ``sys.argv[1:]``."""
    from checker.cli import run

    return run(sys.argv[1:] if arguments is None else arguments)


if __name__ == "__main__":
    sys.exit(main())
