"""One night: read, judge, remember, write, tell; each step once, whatever happens in between.

What makes a night repeatable: the responses lie in the work folder until it is done; it is judged as of the time it was
first begun; its run has an id made of the night; messages lie in the outbox before the first is sent; and its outcome
is noted in the store before anybody is told that it is done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from checker.bundling import keep_evidence
from checker.errors import CheckerError
from checker.evidence import verify_bundle
from checker.history import Book, Documents, Remembered, run_of
from checker.history.book import moment_of
from checker.history.outbox import Outbox
from checker.judging import examine, read_demands
from checker.keeping import with_history
from checker.model.finding import Gap, Report
from checker.model.loaded import Loaded
from checker.model.record import dataclass, replace
from checker.nightly.config import PLACE, NightConfig, window
from checker.nightly.diary import Diary, Night
from checker.nightly.gather import clear, read_accounts, read_records, responses_of
from checker.nightly.outcome import finished, outcome_of
from checker.nightly.places import put, put_folder
from checker.nightly.telling import Means, beat, post, send_all
from checker.notify import message_of
from checker.report import FORMATS, RenderOptions
from checker.report.run_json import gap_values
from checker.settings import Settings

_WIDTH: Final = 100
_TYPES: Final = {"json": "application/json", "html": "text/html; charset=utf-8", "csv": "text/csv; charset=utf-8"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What the night needs of the world."""

    documents: Documents
    read: Callable[[Settings], Loaded]
    """Reads the accounts, saving what AWS answers."""
    logs: Callable[[Settings], Any]
    """Gives the session by which records are read."""
    means: Means
    clock: Callable[[], datetime]


def run_night(config: NightConfig, night: str, now: datetime, outside: Outside) -> dict[str, Any]:
    """Do what of a night is not done, and return its outcome as JSON values.

    Raises CheckerError where the night could not be done; called again, it goes on from there.
    """
    diary = Diary(outside.documents, config.name)
    entry = diary.begin(night, now)
    if entry.outcome is not None:
        return _told(dict(entry.outcome) | {"repeated": True}, config, outside)
    report, kept, folder = _judge(config, entry, outside)
    report, imported = _send(config, entry, report)
    outbox = Outbox(outside.documents, config.name)
    post(outbox, config.notifications, message_of(report, name=config.name, night=night), night)
    outputs, gaps = _write(config, report, night, outside)
    evidence, more = _evidence(config, report, night, folder, outside)
    notified, unsent = send_all(outbox, config.notifications, night, outside.means)
    gaps += [*more, *unsent]
    pruned = _prune(config, diary, outbox, outside)
    outcome = outcome_of(
        config, night, report, kept, gaps,
        {
            "outputs": outputs, "evidence": evidence, "security_hub": imported, "notifications": notified,
            "pruned_runs": pruned,
        },
    )  # fmt: skip
    outcome["finished_at"] = finished(outside.clock())
    noted = diary.end(entry, outcome).outcome
    clear(config.work, night)
    return _told(dict(noted or outcome), config, outside)


def _prune(config: NightConfig, diary: Diary, outbox: Outbox, outside: Outside) -> int:
    """Drop what is not to be kept: runs, and the nights and messages from before the first that is."""
    if config.keep is None:
        return 0
    book = Book(outside.documents, config.name)
    dropped = book.prune(config.keep)
    first = moment_of(book.run_ids()[0]).date().isoformat()
    diary.drop(first)
    outbox.drop(first)
    return dropped


def _judge(config: NightConfig, entry: Night, outside: Outside) -> tuple[Report, Remembered, Path]:
    """Read and judge, and keep the run under the night's name."""
    settings = replace(config.base, now=entry.started_at)
    demands = read_demands(settings)
    folder = responses_of(config.work, entry.night)
    loaded = read_accounts(settings, demands, folder, outside.read)
    times = window(config, entry.night)
    loaded, recorded = read_records(loaded, settings, times, lambda: outside.logs(settings))
    told = replace(settings, since=times[0], until=times[1]) if settings.logs else settings
    report = examine(loaded, told, demands, recorded)
    book = Book(outside.documents, config.name)
    kept = book.add(run_of(report, unread=loaded.after.unread, name=f"night-{entry.night}"))
    return with_history(report, kept), kept, folder


def _send(config: NightConfig, entry: Night, report: Report) -> tuple[Report, dict[str, int] | None]:
    """Bring Security Hub up to date; return the report with what came of it, and the counts for the outcome.

    Nothing of it is kept from night to night: each one says all that is open, and archives all that is over, so what
    was refused once comes right with the next.
    """
    settings = replace(config.base, now=entry.started_at)
    if not settings.send:
        return report, None
    from checker.importing import send_report

    report, sent = send_report(report, settings)
    return report, {"imported": sent.imported, "archived": sent.archived, "gaps": len(sent.gaps)}


def _write(config: NightConfig, report: Report, night: str, outside: Outside) -> tuple[list[dict[str, Any]], list[Gap]]:
    told: list[dict[str, Any]] = []
    gaps: list[Gap] = []
    for name, where in config.outputs:
        place = where.replace(PLACE, night)
        try:
            content = FORMATS[name].chunks(report, RenderOptions(color=False, width=_WIDTH))
            kind = "application/octet-stream" if FORMATS[name].binary else "text/plain; charset=utf-8"
            put(place, content, _TYPES.get(name, kind), outside.means.session)
            told.append({"format": name, "to": place, "written": True})
        except CheckerError as error:
            told.append({"format": name, "to": place, "written": False})
            gaps.append(Gap(what=place, cause=str(error), affects=f"the report as {name} was not written"))
    return told, gaps


def _evidence(
    config: NightConfig, report: Report, night: str, folder: Path, outside: Outside
) -> tuple[dict[str, Any] | None, list[Gap]]:
    """Write the evidence; what an interrupted run of this night wrote whole is left as it is."""
    if config.evidence is None:
        return None, []
    place = config.evidence.replace(PLACE, night)
    remote = place.startswith("s3://")
    local = config.work / night / "evidence" if remote else Path(place)
    try:
        if not _is_whole(local):
            asked = replace(config.base, evidence=local, sign_key=config.sign_key)
            keep_evidence(report, asked, snapshots=(folder,))
        if remote:
            put_folder(local, place, outside.means.session)
        return {"to": place, "written": True}, []
    except CheckerError as error:
        gap = Gap(what=place, cause=str(error), affects="the evidence of this night was not written")
        return {"to": place, "written": False}, [gap]


def _is_whole(folder: Path) -> bool:
    if not (folder.is_dir() and any(folder.iterdir())):
        return False
    return not verify_bundle(folder).differences


def _told(outcome: Mapping[str, Any], config: NightConfig, outside: Outside) -> dict[str, Any]:
    """Write the outcome where it is asked for and tell the watchers; return it with what came of that."""
    heartbeats, gaps = beat(config.heartbeats, outcome, outside.means)
    whole = {**outcome, "heartbeat": heartbeats}
    whole["gaps"] = [*outcome["gaps"], *map(gap_values, gaps)]
    if gaps and whole["exit_code"] in (0, 3) and config.base.unknown == "fail":
        whole["exit_code"] = 4
    return whole
