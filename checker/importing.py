"""From a report to Security Hub: whose credentials for which account, and what the report says of it afterwards."""

from __future__ import annotations

import re
import threading
from functools import partial
from itertools import product
from typing import Any, Final

from checker.errors import UsageError
from checker.history.looked import looked_at
from checker.judging import exit_code
from checker.load.account import CONCURRENCY
from checker.load.aws.workers import side_by_side
from checker.model.finding import Report
from checker.model.record import replace
from checker.notify.security_hub import Sent, send
from checker.report.asff import partition_of
from checker.settings import Settings

SECURITY_HUB: Final = "security-hub"
TARGETS: Final = (SECURITY_HUB,)
"""What ``--send`` takes."""

_ACCOUNT: Final = re.compile(r"[0-9]{12}")
_GLOBAL: Final = "global"
_ERRORS: Final = (2, 70)
"""Exit codes that a sending does not change."""


def check_send(settings: Settings) -> None:
    """Raise UsageError for a target that does not exist, before any work is done."""
    for word in settings.send:
        if word not in TARGETS:
            raise UsageError(f"--send {word!r}: there is no such target", hint=f"Targets: {', '.join(TARGETS)}.")


def send_report(report: Report, settings: Settings) -> tuple[Report, Sent]:
    """Send the report's findings and return the report with a note of it, and a gap for what did not arrive.

    What is not named any more is taken for over where the history would say that it is gone: see ``Looked``.
    """
    looked = looked_at(report, None)
    accounts = sorted(each for each in looked.accounts or () if _ACCOUNT.fullmatch(each))
    homes = list(product(accounts, sorted(looked.regions - {_GLOBAL})))
    several = partial(side_by_side, number=settings.concurrency or CONCURRENCY)
    sent = send(report, _Clients(settings), covers=looked.covers, homes=homes, each=several)
    return _told(report, sent, settings), sent


def _told(report: Report, sent: Sent, settings: Settings) -> Report:
    told = replace(report, notes=(*report.notes, sent.note), gaps=tuple(sorted({*report.gaps, *sent.gaps})))
    return told if report.exit_code in _ERRORS else replace(told, exit_code=exit_code(told, settings))


class _Clients:
    """Security Hub's clients: with one's own credentials, or through the organisation's role in each account.

    All come from one session, because each session would read the service's description anew. For several threads: a
    session makes one client at a time, and no account's role is assumed twice.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._own: Any = None
        self._home: str | None = None
        self._keys: dict[str, dict[str, str]] = {}
        self._making = threading.Lock()
        self._entering: dict[str, threading.Lock] = {}

    def __call__(self, account: str, region: str) -> Any:
        """Return a client. Raises UsageError, or what botocore raises where a role is refused."""
        from botocore.config import Config

        with self._making:
            own = self._session(region)
            entering = self._entering.setdefault(account, threading.Lock())
        with entering:
            if account not in self._keys:
                self._keys[account] = self._keys_of(account, region)
        config = Config(retries={"mode": "standard", "total_max_attempts": 5}, connect_timeout=10, read_timeout=30)
        with self._making:
            return own.client("securityhub", region_name=region, config=config, **self._keys[account])

    def _session(self, region: str) -> Any:
        from checker.flowlog.sources.login import session_for

        if self._own is None:
            settings = self._settings
            own = session_for(
                settings.profile,
                settings.role_arn,
                external_id=settings.external_id,
                name=settings.session_name,
                tags=self._tags(),
            )
            if settings.org_role is not None:
                self._home = own.client("sts", region_name=region).get_caller_identity()["Account"]
            self._own = own
        return self._own

    def _keys_of(self, account: str, region: str) -> dict[str, str]:
        """Return the credentials of the organisation's role in an account; none for one's own."""
        if self._settings.org_role is None or self._home == account:
            return {}
        role = f"arn:{partition_of(region)}:iam::{account}:role/{self._settings.org_role}"
        more = {"Tags": [{"Key": key, "Value": value} for key, value in sorted(self._tags().items())]}
        with self._making:
            sts = self._own.client("sts", region_name=region)
        given = sts.assume_role(
            RoleArn=role, RoleSessionName=self._settings.session_name, **(more if more["Tags"] else {})
        )["Credentials"]
        return {
            "aws_access_key_id": given["AccessKeyId"],
            "aws_secret_access_key": given["SecretAccessKey"],
            "aws_session_token": given["SessionToken"],
        }

    def _tags(self) -> dict[str, str]:
        return dict(word.split("=", 1) for word in self._settings.session_tag)
