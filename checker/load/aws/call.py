"""One API call, a request for it and what came of it. The words that collector, snapshot and converter share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Protocol

from checker.model.record import dataclass, field

GLOBAL: Final = "global"
"""Stands where a region would, for services that have none (IAM, S3 buckets, Organizations)."""


class Group(StrEnum):
    """What a call is needed for; a run makes only the calls of the groups that its rules need."""

    BASE = "base"
    """Who am I, which regions: made always."""
    NETWORK = "network"
    """VPCs, what stands in them, and their flow logs."""
    FIREWALL = "firewall"
    """Security groups, network ACLs, prefix lists, block public access."""
    DESTINATION = "destination"
    """What flow logs deliver to, with roles and keys."""
    FRESHNESS = "freshness"
    """When the destination last received something."""
    MONITORING = "monitoring"
    """Filters, alarms, topics, insight rules, subscriptions, telemetry rules."""
    ATHENA = "athena"
    """Tables and workgroups."""
    ORGANIZATION = "organization"
    """The accounts of an organisation."""


class Meaning(StrEnum):
    """What an error code says as a fact. Every other error leaves the fact unknown."""

    UNSET = "unset"
    """The thing exists and this setting is not configured (``NoSuchBucketPolicy``)."""
    GONE = "gone"
    """The thing itself does not exist (``NoSuchBucket``, ``NoSuchEntity``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One read-only operation of an AWS API and what flowcheck makes of it."""

    service: str
    """boto3's name of the service: ``ec2``, ``logs``."""
    operation: str
    """The API's name: ``DescribeVpcs``."""
    group: Group
    feeds: tuple[str, ...] = ()
    """Terraform resource types of which the model may lack some where this call fails; empty for a detail of a thing
    that is in the model all the same."""
    per: tuple[str, ...] = ()
    """Parameters that name the resource, for a call made once for each; empty for a listing."""
    result: str | None = None
    """Member of the response that holds the list; pages are joined there. None: the response is one object."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Sent with every request."""
    regional: bool = True
    """False: once for an account."""
    actions: tuple[str, ...] = ()
    """IAM actions that it needs; empty for the usual ``service:Operation``."""
    meanings: Mapping[str, Meaning] = field(default_factory=dict)
    """Error codes that are answers."""

    @property
    def name(self) -> str:
        """Return ``ec2:DescribeVpcs``, the API's name as a person knows it."""
        return f"{self.service}:{self.operation}"

    @property
    def iam(self) -> tuple[str, ...]:
        """Return the IAM actions that allow it. Source: Service Authorization Reference."""
        return self.actions or (self.name,)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Request:
    """One call to be made, in one account and region, for one resource or for none."""

    account: str
    """Twelve digits: whose credentials are used, which need not own the resource."""
    region: str
    """``global`` for a call that is made once for an account."""
    service: str
    operation: str
    resource: str | None = None
    """The values of the call's ``per`` parameters, joined by ``|``; None for a listing."""
    at: str | None = None
    """Region to send it to where ``region`` is ``global`` and the default does not do (a bucket's own region)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a call gave no response."""

    code: str
    """AWS's error code (``AccessDenied``, ``Throttling``) or, where none came, one of ``EndpointUnreachable``,
    ``Timeout``, ``BadResponse``, ``NoCredentials``, ``Interrupted``, ``NotCalled``."""
    message: str
    """AWS's words, verbatim, without credentials."""
    meaning: Meaning | None = None
    """What the code says as a fact; None where it leaves the fact unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came of one request."""

    request: Request
    response: Mapping[str, Any] | None
    """Verbatim, pages joined, without ``ResponseMetadata`` and page tokens; None where the call failed."""
    failure: Failure | None
    requested_at: datetime
    pages: int = 1
    origin: str | None = None
    """File of a snapshot that holds it, relative to the snapshot's folder; None for a call just made."""


class Replies(Protocol):
    """All that one run, or one snapshot, holds. Read by the converter and by what decides the next requests."""

    @property
    def scopes(self) -> tuple[tuple[str, str], ...]:
        """Pairs of account and region that were to be examined, sorted; a region is never ``global`` here."""

    def get(self, account: str, region: str, service: str, operation: str, resource: str | None = None) -> Reply | None:
        """Return what came of a request; None where it was not made."""

    def of(self, service: str, operation: str) -> Iterator[Reply]:
        """Yield every reply of one call, sorted by request."""


def resource_of(*values: str) -> str:
    """Return the ``resource`` of a request from the values of its call's ``per`` parameters."""
    return "|".join(values)


def values_of(resource: str | None, count: int) -> tuple[str, ...]:
    """Return the values that a request's ``resource`` holds; only the last one may contain ``|``."""
    return tuple((resource or "").split("|", count - 1)) if count else ()
