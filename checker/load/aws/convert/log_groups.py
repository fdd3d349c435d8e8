"""Log groups, and the policies on all log groups of an account and region."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from checker.load.aws.call import Reply
from checker.load.aws.convert.policies import KeyNames, parse_document
from checker.load.aws.convert.row import Row, place_of
from checker.load.aws.convert.world import World, arn_at
from checker.model.arn import log_group_arn, parse_arn
from checker.model.destination import LogGroup, LogsResourcePolicy
from checker.model.entity import Tags
from checker.model.known import Key, Maybe, Unknown

_TYPE: Final = "aws_cloudwatch_log_group"


def log_groups(world: World) -> Iterator[LogGroup]:
    """Yield the log groups that were looked for.

    One that is not listed is noted as absent; one that cannot be read is there with nothing known but why.
    """
    keys = KeyNames(world)
    for reply in world.replies.of("logs", "DescribeLogGroups"):
        wanted = reply.request.resource
        rows = dict(world.rows(reply, "logGroups", "logGroupName"))
        if wanted is None:
            yield from (_log_group(world, keys, name, row) for name, row in rows.items())
        elif wanted in rows:
            yield _log_group(world, keys, wanted, rows[wanted])
        else:
            yield from _not_listed(world, reply, wanted)


def _not_listed(world: World, reply: Reply, name: str) -> Iterator[LogGroup]:
    """Note a group as absent where its listing was read to the end, else yield what is known of it: its name."""
    arn = arn_at(reply, "logs", f"log-group:{name}")
    if reply.response is not None and reply.request not in world.odd:
        world.note_absent(_TYPE, arn, reply, f"{place_of(reply)} lists no log group of this name")
        return
    why = world.why(reply)
    shared = world.unseen(reply, arn, _TYPE, why, id_=name)
    yield LogGroup(**shared, name=name, retention_days=why, kms_key=why, log_group_class=why)


def _log_group(world: World, keys: KeyNames, name: str, row: Row) -> LogGroup:
    request = row.reply.request
    arn = _arn(row, name)
    return LogGroup(
        **world.common(row, arn, _TYPE, id_=name, arn=arn, tags=_tags(world, row, arn)),
        name=name,
        retention_days=row.whole("retentionInDays"),
        kms_key=keys.key(row.text("kmsKeyId"), request.account, request.region),
        log_group_class=row.text_or("logGroupClass", "STANDARD"),
    )


def _arn(row: Row, name: str) -> Key:
    for member in ("logGroupArn", "arn"):
        given = row.text(member)
        parsed = parse_arn(log_group_arn(given)) if isinstance(given, str) else None
        if parsed is not None and parsed.resource == f"log-group:{name}":
            return str(parsed)
    return arn_at(row.reply, "logs", f"log-group:{name}")


def _tags(world: World, row: Row, arn: Key) -> Maybe[Tags]:
    request = row.reply.request
    answer = world.detail(request.account, request.region, "logs", "ListTagsForResource", arn)
    if isinstance(answer, Unknown):
        return answer
    return {} if answer is None else answer.mapping("tags")


def logs_resource_policies(world: World) -> Iterator[LogsResourcePolicy]:
    """Yield the policies on all log groups of an account and region."""
    for name, row in world.listing("logs", "DescribeResourcePolicies", "resourcePolicies", "policyName"):
        request = row.reply.request
        key = f"{request.account}/{request.region}/logs-resource-policy/{name}"
        yield LogsResourcePolicy(
            **world.common(row, key, "aws_cloudwatch_log_resource_policy", id_=name, tags={}),
            name=name,
            policy=parse_document(row.required("policyDocument"), f"{row.where} {name}"),
        )
