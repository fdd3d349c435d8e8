"""Where flow logs lie: one class for each kind of place, chosen by the word that names it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from checker.flowlog.part import LogSource


def source_of(word: str, *, session: Callable[[], Any]) -> LogSource:
    """Return the source that a word of the command line names: a file or a folder."""
    del session
    from checker.flowlog.sources.files import Files

    return Files(Path(word))
