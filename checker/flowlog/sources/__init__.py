"""Where flow logs lie: one class for each kind of place, chosen by how the word that names it begins."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from checker.errors import UsageError
from checker.flowlog.asked import AskedSource
from checker.flowlog.part import LogSource

Session = Callable[[], Any]
"""Makes a boto3 session; called only by sources that need AWS."""


def _files(word: str, session: Session) -> LogSource:
    from checker.flowlog.sources.files import Files

    del session
    return Files(Path(word))


def _s3(word: str, session: Session) -> LogSource:
    from checker.flowlog.sources.s3 import S3

    return S3(word, session)


def _cloudwatch(word: str, session: Session) -> LogSource:
    from checker.flowlog.sources.cloudwatch import CloudWatch

    return CloudWatch(word, session)


SOURCES: Final[Mapping[str, Callable[[str, Session], LogSource]]] = {"s3://": _s3, "cloudwatch:": _cloudwatch}
"""By what the word begins with; a word that begins with none of them is a file or folder."""


def _athena(word: str, session: Session) -> AskedSource:
    from checker.flowlog.sources.athena import Athena

    return Athena(word, session)


def _insights(word: str, session: Session) -> AskedSource:
    from checker.flowlog.sources.insights import Insights

    return Insights(word, session)


ASKED: Final[Mapping[str, Callable[[str, Session], AskedSource]]] = {"athena:": _athena, "insights:": _insights}
"""Places that answer the question themselves, by what the word begins with."""

_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]+:")


def distinct(words: Iterable[str], session: Session) -> list[str]:
    """Return the words, each place once, by the word that comes first.

    A place without a region lies in that of the session, which is made only where another word hangs on that. Raises
    UsageError for a word that begins like a place's and names none.
    """
    kept: dict[tuple[str, ...], str] = {}
    places = [(word, *_place(word)) for word in dict.fromkeys(words)]
    for word, bare, region in places:
        others = {other for _, same, other in places if same == bare and other is not None}
        told = region or (session().region_name if others else None)
        kept.setdefault((*bare, told or ""), word)
    return list(kept.values())


def _place(word: str) -> tuple[tuple[str, ...], str | None]:
    """Return what a word names without its region, and the region."""
    if word.startswith("athena:"):
        from checker.flowlog.sources.athena_word import parse

        table = parse(word)
        return ("athena:", table.catalog, table.database, table.table), table.region
    if word.startswith(("cloudwatch:", "insights:")):
        group, _, region = word.partition("@")
        return (group,), region or None
    return (word,), None


def asked_of(word: str, *, session: Session) -> AskedSource | None:
    """Return the place that answers the question itself; None for a word that names records to read here.

    Raises UsageError for a word that begins like one and names none.
    """
    found = (make for start, make in ASKED.items() if word.startswith(start))
    make = next(found, None)
    return None if make is None else make(word, session)


def source_of(word: str, *, session: Session) -> LogSource:
    """Return the source that a word of the command line names.

    Raises UsageError for a word like ``gs://bucket`` that names a kind of place that is not known.
    """
    for start, make in SOURCES.items():
        if word.startswith(start):
            return make(word, session)
    if _SCHEME.match(word) and not Path(word).exists():
        known = ", ".join(f"{start}..." for start in (*SOURCES, *ASKED))
        raise UsageError(f"{word}: flow logs are not read from there", hint=f"Give a file, a folder, {known}.")
    return _files(word, session)
