"""From a report to Security Hub: whose credentials for which account, and what the report says of it afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from checker.errors import UsageError
from checker.judging import exit_code
from checker.model.finding import Report
from checker.model.record import replace
from checker.notify.security_hub import Sent, send
from checker.settings import Settings

SECURITY_HUB: Final = "security-hub"
TARGETS: Final = (SECURITY_HUB,)
"""What ``--send`` takes."""

_ERRORS: Final = (2, 70)
"""Exit codes that a sending does not change."""


def check_send(settings: Settings) -> None:
    """Raise UsageError for a target that does not exist, before any work is done."""
    for word in settings.send:
        if word not in TARGETS:
            raise UsageError(f"--send {word!r}: there is no such target", hint=f"Targets: {', '.join(TARGETS)}.")


def send_report(report: Report, settings: Settings) -> Report:
    """Send the report's findings and return the report with a note of it, and a gap for what did not arrive."""
    sent = send(report, _clients(settings))
    return _told(report, sent, settings)


def _told(report: Report, sent: Sent, settings: Settings) -> Report:
    told = replace(report, notes=(*report.notes, sent.note), gaps=tuple(sorted({*report.gaps, *sent.gaps})))
    return told if report.exit_code in _ERRORS else replace(told, exit_code=exit_code(told, settings))


def _clients(settings: Settings) -> Callable[[str, str], Any]:
    """Return what gives a client for an account and region: one's own account, or through the organisation's role."""
    sessions: dict[str, Any] = {}

    def client_for(account: str, region: str) -> Any:
        from botocore.config import Config

        if account not in sessions:
            sessions[account] = _session(account, region, settings)
        config = Config(retries={"mode": "standard", "total_max_attempts": 5}, connect_timeout=10, read_timeout=30)
        return sessions[account].client("securityhub", region_name=region, config=config)

    return client_for


def _session(account: str, region: str, settings: Settings) -> Any:
    """Return a session in an account. Raises UsageError, or what botocore raises where a role is refused."""
    from checker.flowlog.sources.login import session_for
    from checker.report.asff import partition_of

    tags = dict(word.split("=", 1) for word in settings.session_tag)
    name = settings.session_name
    own = session_for(settings.profile, settings.role_arn, external_id=settings.external_id, name=name, tags=tags)
    sts = own.client("sts", region_name=region)
    if settings.org_role is None or sts.get_caller_identity()["Account"] == account:
        return own
    role = f"arn:{partition_of(region)}:iam::{account}:role/{settings.org_role}"
    more = {"Tags": [{"Key": key, "Value": value} for key, value in sorted(tags.items())]} if tags else {}
    keys = sts.assume_role(RoleArn=role, RoleSessionName=name, **more)["Credentials"]
    return _session_of(keys)


def _session_of(keys: Mapping[str, str]) -> Any:
    import boto3

    return boto3.Session(
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
