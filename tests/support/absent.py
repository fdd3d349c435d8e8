"""What a machine lacks: a person's tests skip and say so, CI's fail, for a skip there is one that nobody sees."""

from __future__ import annotations

import os
from typing import NoReturn


def absent(reason: str) -> NoReturn:
    """Skip with the reason; fail with it where CI=true. Also at the top of a module."""
    import pytest

    if os.environ.get("CI") == "true":
        pytest.fail(f"CI must not skip this: {reason}")
    pytest.skip(reason, allow_module_level=True)
