"""``flowcheck history`` and ``flowcheck diff``."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from checker.app import settings_of, store_session
from checker.errors import InputError, UsageError
from checker.history import Book, Documents, Run, open_documents
from checker.history.book import series_in, slug
from checker.history.compare import difference
from checker.history.tracks import State
from checker.keeping import saved_run
from checker.settings import Settings

_TOO_OLD: Final = 1


def history(flags: dict[str, Any]) -> int:
    """List the runs of a store and what they say together; 1 where the newest is older than ``--max-age``."""
    from checker.past_text import history_json, history_text, series_text

    settings = settings_of(flags)
    age = _age(flags.get("max_age"))
    documents = _documents(settings)
    names = series_in(documents)
    series = _series(settings, names)
    if series is None:
        if age is not None:
            if names:
                raise UsageError("--max-age: the store holds several series", hint=f"--series: {', '.join(names)}.")
            print(f"{documents.described()}: no run at all")
            return _TOO_OLD
        print(series_text(documents.described(), names))
        return 0
    if age is None and names and slug(series) not in names:
        raise UsageError(f"--series {series}: not in this store", hint=f"It holds: {', '.join(names)}.")
    book = Book(documents, series)
    state = book.state()
    if settings.format == "json":
        print(json.dumps(history_json(book.series, state), indent=2))
    else:
        print(history_text(book.series, state, limit=None if settings.verbose else 20))
    if age is None:
        return 0
    newest = state.points[-1].started_at if state.points else None
    if newest is not None and settings.now - newest <= age:
        return 0
    when = f"the newest run is of {newest:%Y-%m-%d %H:%M} UTC" if newest else "there is no run"
    print(f"too old: {when}, and --max-age is {flags['max_age']}")
    return _TOO_OLD


def diff(flags: dict[str, Any]) -> int:
    """Compare two runs. Returns 0 whatever the difference, 1 with ``--fail-on-new`` where something new fails."""
    from checker.past_text import diff_json, diff_text

    settings = settings_of(flags)
    words = (*settings.inputs, "latest")[:2] if settings.inputs else ("latest~1", "latest")
    if len(settings.inputs) > 2:
        raise UsageError("two runs can be compared, not more", hint="flowcheck diff A B")
    book = _book(settings) if settings.store is not None else None
    before, _ = _run(words[0], book)
    after, state = _run(words[1], book)
    tracks = state.tracks if state is not None else {}
    found = difference(before, after, tracks)
    print(json.dumps(diff_json(found), indent=2) if settings.format == "json" else diff_text(found))
    return 1 if flags.get("fail_on_new") and (found.new or found.reopened) else 0


def _run(word: str, book: Book | None) -> tuple[Run, State | None]:
    """Return a run by the path of its JSON report, or by its id; with what the store says of the time up to it."""
    path = Path(word)
    if path.is_file():
        try:
            return saved_run(path.read_bytes().decode("utf-8-sig"), path.as_posix()), None
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{path}: cannot be read", hint="Give a report made with --format json.") from error
    if book is None:
        raise UsageError(f"{word}: no such file", hint="Give two JSON reports, or --store WHERE and ids of runs.")
    run_id = book.find(word)
    return book.read(run_id), book.state(run_id)


def _documents(settings: Settings) -> Documents:
    if settings.store is None:
        raise UsageError("--store is missing", hint="Name the file or bucket that runs are kept in.")
    documents = open_documents(settings.store, session=lambda: store_session(settings))
    if not documents.exists():
        raise UsageError(
            f"--store {settings.store}: nothing was ever kept there",
            hint="Check the path; the first run with --store makes the store.",
        )
    return documents


def _book(settings: Settings) -> Book:
    documents = _documents(settings)
    names = series_in(documents)
    series = _series(settings, names)
    if series is None:
        what = "holds several series" if names else "holds no run"
        raise UsageError(f"{documents.described()} {what}", hint=f"--series: {', '.join(names)}" if names else None)
    return Book(documents, series)


def _series(settings: Settings, names: list[str]) -> str | None:
    """Return the series that is meant: the one named, or the only one."""
    return settings.series or (names[0] if len(names) == 1 else None)


def _age(word: str | None) -> timedelta | None:
    if word is None:
        return None
    found = re.fullmatch(r"([1-9][0-9]{0,5})([mhd])", word)
    if found is None:
        raise UsageError(f"--max-age {word}: no span of time", hint="Give 26h, 90m or 2d.")
    return timedelta(minutes=int(found[1]) * {"m": 1, "h": 60, "d": 1440}[found[2]])
