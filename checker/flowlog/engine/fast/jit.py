"""Functions in machine code: made once by numba, kept in its cache, and run without Python's lock."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS: Final[dict[str, Any]] = {"nogil": True, "error_model": "numpy", "_nrt": False}
"""Nothing is allocated in compiled code, so that nothing has to be counted (``_nrt``): a third of the time."""


def _stamp() -> tuple[tuple[str, int, int], ...]:
    """Return what changes when the engine's source does."""
    found = (path for folder in (Path(__file__).parent, Path(__file__).parents[1]) for path in folder.glob("*.py"))
    return tuple(sorted((path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in found))


_STAMP: Final = _stamp()


def compiled(function: F) -> F:
    """Compile a function when it is first called.

    The code is kept beside the module, or in the user's cache folder where that cannot be written; where neither can,
    each run compiles anew. numba looks at one file to see whether kept code is stale; constants come from others too,
    so it is given a stamp of all.
    """
    try:
        made = numba.njit(cache=True, **_OPTIONS)(function)
        made._cache._cache_file._source_stamp = _STAMP
    except RuntimeError:  # numba's word for "no place for a cache"
        made = numba.njit(**_OPTIONS)(function)
    return cast(F, made)
