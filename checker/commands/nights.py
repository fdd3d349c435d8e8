"""``flowcheck nightly``."""

from __future__ import annotations

import json
import os
import sys
from datetime import date
from pathlib import Path
from typing import Any

from checker.app import clock, read_account, session_of, store_session, variable
from checker.errors import CheckerError, StoreError, UsageError
from checker.history import open_documents
from checker.judging import read_demands
from checker.model.record import replace
from checker.nightly.config import NightConfig, read_config
from checker.nightly.lock import locked
from checker.nightly.night import Outside, run_night
from checker.nightly.outcome import failure_of
from checker.nightly.places import put
from checker.nightly.telling import Means
from checker.settings import Settings, time_of_run


def nightly(flags: dict[str, Any]) -> int:
    """Do the audit of a night, print its outcome as JSON, and return its exit code."""
    now = time_of_run(flags.get("now"))
    night = _night(flags.get("night"), now.date())
    base = Settings(command="nightly", now=now, jobs=os.cpu_count() or 1)
    config = read_config(Path(flags["config"]), base)
    read_demands(config.base)
    if flags.get("check"):
        if config.sign_key is not None:
            from checker.evidence.signature import read_signer

            read_signer(config.sign_key)
        print(f"{flags['config']}: nothing is wrong")
        return 0
    with locked(config.work):
        try:
            outcome = run_night(config, night, now, _outside(config))
        except (CheckerError, OSError) as error:
            failed = error if isinstance(error, CheckerError) else _of_machine(error, config)
            _tell(config, failure_of(config, night, str(failed), failed.hint, failed.exit_code))
            raise failed from error
        _tell(config, outcome)
    return int(outcome["exit_code"])


def _outside(config: NightConfig) -> Outside:
    def session() -> Any:
        return store_session(config.base)

    return Outside(
        documents=open_documents(config.store, session=session),
        read=lambda settings: read_account(settings, read_demands(settings)),
        logs=lambda settings: session_of(replace(settings, org_role=None)),
        means=Means(session=session, variable=variable),
        clock=clock,
    )


def _of_machine(error: OSError, config: NightConfig) -> StoreError:
    """Return what to say where the machine failed, most likely the disk that holds the responses."""
    where = error.filename or config.work
    return StoreError(f"{where}: {error.strerror or 'input or output failed'}", hint="Check the disk of `work`.")


def _tell(config: NightConfig, outcome: dict[str, Any]) -> None:
    """Print the outcome, and write it where the configuration says; that it cannot be written is no failure."""
    text = json.dumps(outcome, indent=2, ensure_ascii=True)
    print(text)
    if config.outcome is not None:
        try:
            place = config.outcome.replace("{night}", str(outcome["night"]))
            put(place, text, "application/json", lambda: store_session(config.base))
        except CheckerError as error:
            print(f"flowcheck: {error}", file=sys.stderr)


def _night(word: str | None, today: date) -> str:
    if word is None:
        return today.isoformat()
    try:
        return date.fromisoformat(word).isoformat()
    except ValueError as error:
        raise UsageError(f"--night {word}: no date", hint="Give 2026-11-21.") from error
