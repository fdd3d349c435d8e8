"""Replies made by hand, so that a test says only what it is about."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from checker.load.aws.call import GLOBAL, Failure, Group, Meaning, Reply, Request
from checker.load.aws.calls import call_of
from checker.load.aws.convert import network_of
from checker.load.aws.store import MemoryStore
from checker.model.finding import Gap
from checker.model.model import NetworkModel
from checker.model.origin import Source

ACCOUNT = "111122223333"
OTHER = "444455556666"
REGION = "eu-west-1"
AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
EVERYTHING = frozenset(Group) - {Group.ORGANIZATION}


def request(operation: str, *resource: str, account: str = ACCOUNT, region: str | None = None) -> Request:
    """``ec2:DescribeVpcs`` and the values that name its resource."""
    service, _, name = operation.partition(":")
    place = region or (REGION if call_of(service, name).regional else GLOBAL)
    joined = "|".join(resource) if resource else None
    return Request(account=account, region=place, service=service, operation=name, resource=joined)


def reply(operation: str, *resource: str, account: str = ACCOUNT, region: str | None = None, **response: Any) -> Reply:
    asked = request(operation, *resource, account=account, region=region)
    return Reply(request=asked, response=response, failure=None, requested_at=AT)


def failed(
    operation: str, *resource: str, code: str = "AccessDenied", account: str = ACCOUNT, region: str | None = None
) -> Reply:
    """A call that AWS refused; whether the code is an answer follows from the table of calls."""
    asked = request(operation, *resource, account=account, region=region)
    meaning: Meaning | None = call_of(asked.service, asked.operation).meanings.get(code)
    why = Failure(code=code, message="said AWS", meaning=meaning)
    return Reply(request=asked, response=None, failure=why, requested_at=AT)


def store(*replies: Reply, scopes: tuple[tuple[str, str], ...] = ((ACCOUNT, REGION),)) -> MemoryStore:
    made = MemoryStore()
    for scope in scopes:
        made.add_scope(*scope)
    for each in replies:
        made.put(each)
    return made


def network(*replies: Reply, scopes: tuple[tuple[str, str], ...] = ((ACCOUNT, REGION),)) -> NetworkModel:
    return read(*replies, scopes=scopes)[0]


def read(
    *replies: Reply, scopes: tuple[tuple[str, str], ...] = ((ACCOUNT, REGION),)
) -> tuple[NetworkModel, tuple[Gap, ...]]:
    return network_of(store(*replies, scopes=scopes), source=Source.SNAPSHOT, groups=EVERYTHING)


def flow_log(**over: Any) -> dict[str, Any]:
    """A row of DescribeFlowLogs, to the bucket ``logs``."""
    row = {
        "FlowLogId": "fl-1", "ResourceId": "vpc-1", "TrafficType": "ALL", "FlowLogStatus": "ACTIVE",
        "LogDestinationType": "s3", "LogDestination": "arn:aws:s3:::logs/net", "MaxAggregationInterval": 60,
        "LogFormat": "${version}", "DeliverLogsStatus": "SUCCESS",
    }  # fmt: skip
    return {key: value for key, value in {**row, **over}.items() if value is not None}


def to_group(name: str = "/vpc", account: str = ACCOUNT) -> dict[str, Any]:
    """Members of a flow log that delivers to a log group."""
    return {
        "LogDestinationType": "cloud-watch-logs", "LogGroupName": name,
        "LogDestination": f"arn:aws:logs:{REGION}:{account}:log-group:{name}:*",
        "DeliverLogsPermissionArn": f"arn:aws:iam::{account}:role/team/flow",
    }  # fmt: skip
