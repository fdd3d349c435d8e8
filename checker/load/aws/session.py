"""Credentials: the person's own, and those of roles assumed with them, renewed while a long run lasts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from checker.errors import InputError, UsageError
from checker.load.aws.ask import Asker, Identity
from checker.load.aws.call import Failure
from checker.load.aws.failures import CallFailed, call_failed, expected_errors
from checker.model.record import dataclass, field

HOME_REGIONS: Final = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
"""Region of the account-wide services, by partition. Source: AWS General Reference, "Service endpoints"."""

WHERE: Final = (
    "Give --profile, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; `aws sts get-caller-identity` "
    "tells whether they work."
)
_EARLY: Final = timedelta(minutes=5)
"""Before they end, credentials are renewed."""
_AGAIN: Final = timedelta(minutes=1)
"""Credentials that are younger are not renewed: they would not be better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """How to get into the first account."""

    profile: str | None = None
    role_arns: tuple[str, ...] = ()
    """Assumed one from the other."""
    external_id: str | None = None
    """Of the last role."""
    session_name: str = "flowcheck"
    session_tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Keys:
    """Credentials as botocore's signer takes them."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)
    account_id: str | None = None


class Own:
    """The credentials that the person's AWS configuration gives, from wherever botocore finds them.

    Raises UsageError where there are none.
    """

    def __init__(self, profile: str | None, now: Callable[[], datetime]) -> None:
        self.account = ""
        """Empty until AWS tells it."""
        self._profile = profile
        self._now = now
        self._lock = threading.Lock()
        self._sought: datetime | None = None
        self._found = _find(profile)
        if self._found is None:
            raise UsageError("no AWS credentials are to be found", hint=WHERE)

    def keys(self) -> Any:
        """Return the credentials; botocore renews those that a program, a single sign-on or a role gives."""
        try:
            return self._found.get_frozen_credentials()
        except RuntimeError as error:  # botocore: renewed, and expired all the same
            raise CallFailed(Failure(code="ExpiredToken", message=str(error))) from error
        except expected_errors() as error:
            raise call_failed(error, None) from error

    def renewed(self, seen: Any) -> bool:
        """Look again where the credentials come from: a person may have logged in anew meanwhile."""
        with self._lock:
            if _due(self._sought, self._now()):
                self._sought = self._now()
                self._found = _find(self._profile) or self._found
        return bool(self.keys().access_key != seen.access_key)


def own_credentials(profile: str | None, now: Callable[[], datetime]) -> Own:
    """Return the person's own credentials; raises UsageError where there are none, or the profile is unknown."""
    from botocore.exceptions import BotoCoreError, ProfileNotFound

    try:
        return Own(profile, now)
    except ProfileNotFound as error:
        raise UsageError(
            f"--profile {profile}: there is no such profile", hint="aws configure list-profiles"
        ) from error
    except (BotoCoreError, EOFError) as error:
        raise UsageError(f"the AWS credentials cannot be got: {call_failed(error, None).failure.message}",
                         hint=WHERE) from error  # fmt: skip


def _find(profile: str | None) -> Any:
    import botocore.session

    session = botocore.session.Session(profile=profile)
    session.set_config_variable("metadata_service_timeout", 1)  # no stall where there is no instance metadata
    session.set_config_variable("metadata_service_num_attempts", 1)
    return session.get_credentials()


def _due(last: datetime | None, now: datetime) -> bool:
    return last is None or now - last >= _AGAIN


class Assumed:
    """The credentials of a role; ``assume`` gives them anew, with their end, and raises CallFailed."""

    def __init__(self, account: str, assume: Callable[[], tuple[Keys, datetime]], now: Callable[[], datetime]) -> None:
        self.account = account
        self._assume = assume
        self._now = now
        self._lock = threading.Lock()
        self._renewed_at: datetime | None = None
        self._keys, self._end = assume()

    def keys(self) -> Keys:
        """Return the credentials, renewed shortly before they end."""
        with self._lock:
            now = self._now()
            if now >= self._end - _EARLY and _due(self._renewed_at, now):
                self._renew(now, needed=now >= self._end)
            return self._keys

    def renewed(self, seen: Any) -> bool:
        """Assume the role again, unless another thread did so meanwhile, or it was done just now and was no use."""
        with self._lock:
            now = self._now()
            if self._keys.access_key == seen.access_key and _due(self._renewed_at, now):
                self._renew(now, needed=False)
            return bool(self._keys.access_key != seen.access_key)

    def _renew(self, now: datetime, *, needed: bool) -> None:
        self._renewed_at = now
        try:
            self._keys, self._end = self._assume()
        except CallFailed:
            if needed:
                raise


def assumed(asker: Asker, identity: Identity, arn: str, login: Login, *, region: str, now: Callable[[], datetime],
            external_id: str | None) -> Assumed:  # fmt: skip
    """Return the identity of a role that another identity assumes. Raises CallFailed where it may not."""
    words: dict[str, Any] = {"RoleArn": arn, "RoleSessionName": login.session_name}
    if external_id:
        words["ExternalId"] = external_id
    if login.session_tags:
        words["Tags"] = [{"Key": key, "Value": value} for key, value in sorted(login.session_tags.items())]

    def assume() -> tuple[Keys, datetime]:
        got = asker.ask(identity, "sts", "AssumeRole", region, words)["Credentials"]
        return Keys(got["AccessKeyId"], got["SecretAccessKey"], got["SessionToken"]), got["Expiration"]

    return Assumed(account_of(arn), assume, now)


def logged_in(asker: Asker, own: Own, login: Login, *, region: str | None, now: Callable[[], datetime]) -> Identity:
    """Return the identity at the end of the chain of roles; the person's own where there is none.

    ``region`` is where AssumeRole is sent; None for the partition's home. Raises InputError where a role is refused.
    """
    identity: Identity = own
    for at, arn in enumerate(login.role_arns):
        last = at == len(login.role_arns) - 1
        try:
            identity = assumed(asker, identity, arn, login, region=region or home_region(arn), now=now,
                               external_id=login.external_id if last else None)  # fmt: skip
        except CallFailed as error:
            raise InputError(
                f"role {arn} cannot be assumed: {error}",
                hint="Check its trust policy, the external id and the session tags.",
            ) from error
    return identity


def account_of(arn: str) -> str:
    """Return the account that an ARN names; empty where it names none."""
    parts: Sequence[str] = arn.split(":")
    return parts[4] if len(parts) > 4 else ""


def partition_of(arn: str) -> str:
    """Return the partition of an ARN; ``aws`` for a text that is none."""
    parts: Sequence[str] = arn.split(":")
    return parts[1] if len(parts) > 1 else "aws"


def home_region(arn: str, other: str | None = None) -> str:
    """Return the region of account-wide services in the partition of an ARN; ``other`` in one that is not known."""
    return HOME_REGIONS.get(partition_of(arn), other or HOME_REGIONS["aws"])
