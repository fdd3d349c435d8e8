"""Credentials and clients: the only place that makes botocore sessions. A client refuses calls that are not listed."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from checker.errors import InputError, UsageError
from checker.load.aws.calls import CALLS

HOME_REGIONS: Final = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
"""Region of the account-wide services, by partition. Source: AWS General Reference, "Service endpoints"."""

_ALLOWED: Final = frozenset((call.service, call.operation) for call in CALLS) | {("sts", "AssumeRole")}
_CONNECT: Final = 5
_READ: Final = 30
_ATTEMPTS: Final = 6
"""Tries of one call, the first included, with botocore's growing pauses between them."""


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


class Session:
    """Credentials of one account; makes each client once. For several threads."""

    def __init__(
        self, botocore_session: Any, *, pool: int, attempts: int = _ATTEMPTS, read_timeout: int = _READ
    ) -> None:
        self._session = botocore_session
        self._lock = threading.Lock()
        self._clients: dict[tuple[str, str], Any] = {}
        self._pool = pool
        self._options: dict[str, Any] = {
            "connect_timeout": _CONNECT,
            "read_timeout": read_timeout,
            "max_pool_connections": pool,
            "retries": {"mode": "standard", "total_max_attempts": attempts},
        }

    @property
    def region(self) -> str | None:
        """Return the region that the AWS configuration names."""
        found = self._session.get_config_variable("region")
        return str(found) if found else None

    def client(self, service: str, region: str) -> Any:
        """Return the client of a service in a region; it refuses every operation that the table of calls lacks."""
        with self._lock:  # botocore's loader is not made for several threads
            if (service, region) not in self._clients:
                self._clients[service, region] = self._make(service, region)
            return self._clients[service, region]

    def _make(self, service: str, region: str) -> Any:
        from botocore.config import Config

        client = self._session.create_client(service, region_name=region, config=Config(**self._options))
        client.meta.events.register("before-parameter-build", _guard)
        return client

    def assumed(self, arn: str, *, region: str, name: str, external_id: str | None, tags: Mapping[str, str]) -> Session:
        """Return a session in a role, renewed by itself before it ends.

        Raises botocore's ClientError where the role cannot be assumed.
        """
        import botocore.session
        from botocore.credentials import RefreshableCredentials

        words: dict[str, Any] = {"RoleArn": arn, "RoleSessionName": name}
        if external_id:
            words["ExternalId"] = external_id
        if tags:
            words["Tags"] = [{"Key": key, "Value": value} for key, value in sorted(tags.items())]

        def fresh() -> dict[str, str]:
            got = self.client("sts", region).assume_role(**words)["Credentials"]
            return {
                "access_key": got["AccessKeyId"],
                "secret_key": got["SecretAccessKey"],
                "token": got["SessionToken"],
                "expiry_time": got["Expiration"].isoformat(),
            }

        inner = botocore.session.Session()
        inner.register_component("data_loader", self._session.get_component("data_loader"))
        # botocore offers no other way in for credentials that renew themselves.
        holder: Any = inner
        holder._credentials = RefreshableCredentials.create_from_metadata(
            metadata=fresh(), refresh_using=fresh, method="sts-assume-role"
        )
        made = Session(inner, pool=self._pool)
        made._options = self._options
        return made


def _guard(model: Any, **_: Any) -> None:
    """Refuse what is not in the table of calls: an audit reads."""
    service, operation = model.service_model.service_name, model.name
    if (service, operation) not in _ALLOWED:
        raise AssertionError(f"{service}:{operation} is not one of the calls that flowcheck makes")


def open_session(login: Login, *, pool: int) -> Session:
    """Return a session for the person's credentials, with roles assumed as asked.

    Raises UsageError where there are no credentials or the profile is unknown, InputError where a role is refused.
    """
    import botocore.session
    from botocore.exceptions import BotoCoreError, ClientError, ProfileNotFound

    try:
        inner = botocore.session.Session(profile=login.profile)
        inner.set_config_variable("metadata_service_timeout", 1)
        inner.set_config_variable("metadata_service_num_attempts", 1)
        if inner.get_credentials() is None:
            raise UsageError("no AWS credentials are to be found", hint=_WHERE)
        session = Session(inner, pool=pool)
        for at, arn in enumerate(login.role_arns):
            last = at == len(login.role_arns) - 1
            session = session.assumed(
                arn,
                region=session.region or home_region(arn),
                name=login.session_name,
                external_id=login.external_id if last else None,
                tags=login.session_tags,
            )
        return session
    except ProfileNotFound as error:
        raise UsageError(
            f"--profile {login.profile}: there is no such profile", hint="aws configure list-profiles"
        ) from error
    except ClientError as error:
        said = error.response.get("Error", {})
        raise InputError(
            f"role {arn} cannot be assumed: {said.get('Code')}: {said.get('Message')}",
            hint="Check its trust policy, the external id and the session tags.",
        ) from error
    except BotoCoreError as error:
        raise UsageError(f"AWS cannot be asked: {error}", hint=_WHERE) from error


_WHERE: Final = (
    "Give --profile, or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; `aws sts get-caller-identity` "
    "tells whether they work."
)


def home_region(arn: str) -> str:
    """Return the region of account-wide services in the partition of an ARN."""
    parts: Sequence[str] = arn.split(":")
    return HOME_REGIONS.get(parts[1] if len(parts) > 1 else "aws", HOME_REGIONS["aws"])
