"""Functions in machine code: made once by numba, kept in its cache, and run without Python's lock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS: Final[dict[str, Any]] = {"nogil": True, "error_model": "numpy", "_nrt": False}
"""Nothing is allocated in compiled code, so that nothing has to be counted (``_nrt``): a third of the time."""


def compiled(function: F) -> F:
    """Compile a function when it is first called.

    The code is kept beside the module, or in the user's cache folder where that cannot be written; where neither can,
    each run compiles anew. A module's functions call no compiled function of another module: the cache knows of
    changes in one file only.
    """
    try:
        made = numba.njit(cache=True, **_OPTIONS)(function)
    except RuntimeError:  # numba's word for "no place for a cache"
        made = numba.njit(**_OPTIONS)(function)
    return cast(F, made)
