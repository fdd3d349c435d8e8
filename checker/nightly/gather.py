"""The input of a night: AWS's responses, kept in the work folder until the night is done, and the records."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from checker.errors import InputError, UsageError
from checker.judging import Demands, groups_for
from checker.load.aws.directory import JOURNAL
from checker.load.aws.manifest import MANIFEST, read_manifest
from checker.load.snapshot import load_snapshots
from checker.model.diagnosis import Recorded
from checker.model.finding import Gap
from checker.model.loaded import Loaded
from checker.model.record import replace
from checker.settings import Settings

RESPONSES: Final = "responses"
_NIGHT: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


def responses_of(work: Path, night: str) -> Path:
    """Return the folder with the responses of a night."""
    return work / night / RESPONSES


def read_accounts(settings: Settings, demands: Demands, folder: Path, read: Callable[[Settings], Loaded]) -> Loaded:
    """Return the network, asking only what an interrupted run of the same night has not asked.

    What is judged is always what the folder holds, so that a night which was interrupted is judged like another.
    """
    if not _is_complete(folder):
        read(replace(settings, save=folder, resume=(folder / JOURNAL).is_file()))
    return load_snapshots([folder], groups=groups_for(demands, freshness=settings.freshness))


def _is_complete(folder: Path) -> bool:
    return (folder / MANIFEST).is_file() and bool(read_manifest(folder).get("complete"))


def read_records(
    loaded: Loaded, settings: Settings, times: tuple[datetime, datetime], session: Callable[[], Any]
) -> tuple[Loaded, Recorded | None]:
    """Return what records tell of a night; logs that cannot be read at all are a gap of the network's.

    Raises UsageError where the configuration itself is wrong.
    """
    if not settings.logs:
        return loaded, None
    from checker.tracing import read_and_explain

    asked = replace(settings, since=times[0], until=times[1])
    try:
        return loaded, read_and_explain(loaded, asked, session=session)
    except (InputError, UsageError) as error:
        gap = Gap(what="flow log records", cause=str(error), affects="what traffic was rejected, and why")
        return replace(loaded, gaps=tuple(sorted({*loaded.gaps, gap}))), None


def clear(work: Path, night: str) -> None:
    """Delete the responses of other nights than this one. Nothing but folders named like a night is touched."""
    for folder in work.iterdir():
        if folder.is_dir() and not folder.is_symlink() and _NIGHT.fullmatch(folder.name) and folder.name != night:
            shutil.rmtree(folder, ignore_errors=True)
