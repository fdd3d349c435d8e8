"""What follows a verdict: the history is asked and told, the report delivered, the evidence kept."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from checker.errors import CheckerError, StoreError, UsageError
from checker.model.assessment import Assessment
from checker.model.finding import Gap, Report
from checker.model.loaded import Loaded
from checker.model.record import replace
from checker.settings import Settings

if TYPE_CHECKING:
    from checker.history import Book, Remembered, Run


def check_keeping(settings: Settings) -> None:
    """Raise UsageError for a store, a bound, a folder or a target that cannot be used, before any work is done."""
    if settings.send:
        from checker.importing import check_send

        check_send(settings)
    if settings.store is not None:
        from checker.history import Keep, open_documents

        open_documents(settings.store, session=lambda: None)
        if settings.keep is not None:
            Keep.parse(settings.keep)
    if settings.evidence is not None:
        from checker.evidence.bundle import check_new

        check_new(settings.evidence)
        _check_apart(settings.evidence, settings)
        if settings.sign_key is not None:
            from checker.evidence.signature import read_signer

            read_signer(settings.sign_key)


def _check_apart(evidence: Path, settings: Settings) -> None:
    """Raise UsageError for evidence within the responses of which it holds a copy: they would hold it from then on."""
    inputs = settings.inputs if settings.command == "snapshot" else ()
    for word in (*inputs, settings.network, settings.live, settings.save):
        if word and Path(word).is_dir() and evidence.resolve().is_relative_to(Path(word).resolve()):
            raise UsageError(f"--evidence {evidence}: lies within {word}", hint="Give a folder beside it.")


@contextlib.contextmanager
def with_responses(settings: Settings) -> Iterator[Settings]:
    """Yield settings by which a live run saves AWS's responses for as long as its evidence needs them."""
    live = settings.command == "account" or "account" in (settings.live, settings.network)
    if settings.evidence is None or settings.save is not None or not live:
        yield settings
        return
    folder = settings.evidence.absolute().parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        kept = tempfile.TemporaryDirectory(prefix=".flowcheck-", dir=folder)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written ({error.strerror})", hint="Check --evidence.") from error
    with kept as name:
        yield replace(settings, save=Path(name) / "responses")


def conclude(report: Report, loaded: Loaded, settings: Settings, *, session: Callable[[], Any]) -> int:
    """Keep the run where ``--store`` says, deliver the report, keep the evidence; return the exit code.

    Whatever of that fails leaves the rest as it is; it is raised in the end, when the report is delivered.
    """
    from checker.delivery import deliver

    failed: list[CheckerError | OSError] = []
    if settings.store is not None:
        try:
            report = remember(report, loaded, settings, session=session)
        except StoreError as error:
            failed.append(error)
            cause = str(error).removeprefix(f"{settings.store}: ")
            gap = Gap(what=settings.store, cause=cause, affects="what changed since the run before")
            report = replace(report, gaps=tuple(sorted({*report.gaps, gap})), exit_code=error.exit_code)
    if settings.send:
        from checker.importing import send_report

        report, _ = send_report(report, settings)
    try:
        deliver(report, settings)
    except (UsageError, OSError) as error:  # also a reader of standard output that went away
        failed.append(error)
    if settings.evidence is not None:
        from checker.bundling import keep_evidence

        try:
            keep_evidence(report, settings)
        except UsageError as error:
            failed.append(error)
    if failed:
        raise _together(failed)
    return report.exit_code


def _together(failed: Sequence[CheckerError | OSError]) -> CheckerError | OSError:
    """Return one error that tells of all."""
    told = [each for each in failed if isinstance(each, CheckerError)]
    if len(told) < 2:
        return told[0] if told else failed[0]
    return type(told[0])("\n".join(str(each) for each in told), hint=told[0].hint)


def remember(report: Report, loaded: Loaded, settings: Settings, *, session: Callable[[], Any]) -> Report:
    """Add the run to the store that the settings name, and return the report with its history."""
    from checker.history import Keep, run_of

    keep = Keep.parse(settings.keep) if settings.keep is not None else None
    book = book_of(settings, session=session)
    kept = book.add(run_of(report, unread=loaded.after.unread))
    if keep is not None:
        book.prune(keep)
    return with_history(report, kept)


def with_history(report: Report, kept: Remembered) -> Report:
    """Return a report that tells what changed since the run before."""
    from checker.history.view import history_of

    assessment = report.assessment or Assessment()
    return replace(report, assessment=replace(assessment, history=history_of(kept)))


def book_of(settings: Settings, *, session: Callable[[], Any]) -> Book:
    """Return the book of the series that a run belongs to."""
    from checker.history import Book, open_documents

    return Book(open_documents(str(settings.store), session=session), settings.series or series_of(settings))


def series_of(settings: Settings) -> str:
    """Return the name under which runs are compared that were started with the same words."""
    words = [settings.command, *settings.inputs, settings.root, settings.network, settings.live, *settings.logs]
    words += [settings.profile, settings.org_role, *settings.role_arn, *settings.include, *settings.exclude]
    words += settings.region
    return " ".join(word for word in words if word)


def saved_run(text: str, name: str) -> Run:
    """Return what a store would have kept of a saved run (JSON report)."""
    from checker.history import run_of
    from checker.report.run_file import read_run

    return run_of(read_run(text, name=name))
