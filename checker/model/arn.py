"""Amazon Resource Names, taken apart. They are parsed, never compared as text."""

from __future__ import annotations

import re
from typing import Final

from checker.model.record import dataclass

PARTITIONS: Final = ("aws", "aws-cn", "aws-us-gov")
"""The public partitions. Source: AWS General Reference, "Amazon Resource Names"."""

_REGION_PARTITIONS: Final = (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"))
_FIELDS: Final = 6


@dataclass(frozen=True, slots=True, order=True)
class Arn:
    """``arn:partition:service:region:account:resource``; region and account are empty where the service has none."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"

    @property
    def resource_type(self) -> str:
        """The part before the first ``/`` or ``:`` of the resource; empty when there is none (S3, SNS)."""
        kind, separator, _ = _split(self.resource)
        return kind if separator else ""

    @property
    def resource_name(self) -> str:
        """The resource without its type: log group name, ``bucket/prefix``, role path and name."""
        kind, separator, name = _split(self.resource)
        return name if separator else kind


def _split(resource: str) -> tuple[str, str, str]:
    """Split at the first separator, whichever it is; a leading slash starts a name, not a type."""
    found = re.search(r"[/:]", resource)
    if found is None or found.start() == 0:
        return resource, "", ""
    return resource[: found.start()], found.group(), resource[found.end() :]


def parse_arn(text: str) -> Arn | None:
    """Return the ARN that a text is, or None when it is none: too few fields, another partition, an empty service."""
    fields = text.split(":", _FIELDS - 1)
    if len(fields) < _FIELDS or fields[0] != "arn" or fields[1] not in PARTITIONS:
        return None
    _, partition, service, region, account, resource = fields
    return Arn(partition, service, region, account, resource) if service and resource else None


def partition_of_region(region: str) -> str:
    """Return the partition a region lies in: ``cn-north-1`` in aws-cn, ``us-gov-west-1`` in aws-us-gov."""
    return next((partition for start, partition in _REGION_PARTITIONS if region.startswith(start)), "aws")


def log_group_arn(text: str) -> str:
    """Return a log group ARN without the ``:*`` that CloudWatch Logs prints after it and IAM policies need."""
    return text.removesuffix(":*")


def bucket_and_prefix(resource: str) -> tuple[str, str | None]:
    """Split the resource of an S3 ARN into the bucket and the folder, None for no folder.

    ``acme-logs/net/vpc/`` gives ``acme-logs`` and ``net/vpc``.
    """
    bucket, _, folder = resource.partition("/")
    return bucket, folder.strip("/") or None
