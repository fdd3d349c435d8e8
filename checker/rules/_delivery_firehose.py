"""Can flow logs be delivered to this Firehose stream?"""

from __future__ import annotations

from functools import partial
from typing import Final

from checker.model.destination import DeliveryStream
from checker.model.finding import Remediation
from checker.model.flow_log import FlowLog
from checker.model.identity import Role
from checker.model.known import Key, Maybe, Unknown
from checker.rules._delivery_logs import gone_role
from checker.rules._delivery_s3 import DELIVERY, delivery_context
from checker.rules._destination import same_account
from checker.rules._fix import own_arguments, own_block
from checker.rules._fix_live import live_command
from checker.rules._fix_policy import trust_role
from checker.rules._live import is_live
from checker.rules._point import Point, from_decision
from checker.rules._policy_eval import Request, decide
from checker.rules._rule import Context
from checker.rules._say import name

DIRECT: Final = "DirectPut"
TAG: Final = "LogDeliveryEnabled"
_COMING: Final = ("CREATING",)


def points(log: FlowLog, stream: DeliveryStream, ctx: Context) -> list[Point]:
    """Return what delivery to a stream of the model needs."""
    found = [_source(stream), *_status(stream), *_tag(stream), *_bucket(stream, ctx)]
    same = same_account(log, stream)
    if same is True:
        return [*found, Point(ok=True, says="the stream is of the same account: AWS uses its own role", entity=stream)]
    if same is None:
        return [*found, Point(ok=None, says="the account of the flow log or of the stream is not known", entity=log)]
    return [*found, _role(log, log.role, "iam_role_arn", ctx), *_second_role(log, ctx)]


def _source(stream: DeliveryStream) -> Point:
    kind = stream.source_type
    if isinstance(kind, Unknown):
        return Point(ok=None, says=f"the source of stream {name(stream)} is not known ({kind.reason})", entity=stream)
    if kind == DIRECT:
        return Point(ok=True, says=f"stream {name(stream)} takes direct puts", entity=stream)
    fix = partial(
        own_block, stream, "Use a stream without a source of its own.", "  # no kinesis_source_configuration block"
    )
    says = f"stream {name(stream)} reads from {kind}; flow logs need a stream that takes direct puts"
    return Point(ok=False, says=says, entity=stream, fix=fix)


def _status(stream: DeliveryStream) -> list[Point]:
    status = stream.status
    if status is None or isinstance(status, Unknown):
        return []
    if status in _COMING:
        return [Point(ok=None, says=f"stream {name(stream)} is {status}", entity=stream)]
    return [Point(ok=status == "ACTIVE", says=f"stream {name(stream)} is {status}", entity=stream)]


def _bucket(stream: DeliveryStream, ctx: Context) -> list[Point]:
    """Return that the bucket which the stream fills is known not to exist, where it is."""
    bucket = stream.destination_bucket
    missing = ctx.model.absent_for(bucket) if isinstance(bucket, str) else None
    if missing is None:
        return []
    says = f"bucket {bucket}, which stream {name(stream)} fills, does not exist ({missing.says})"
    return [Point(ok=False, says=says, entity=stream)]


def _tag(stream: DeliveryStream) -> list[Point]:
    """Return whether the stream bears the tag by which AWS's own role may write to it.

    AWS sets it while it creates a flow log, so that before that it is advice. Source: VPC User Guide, "IAM role for
    cross account delivery to Amazon Data Firehose" and the policy of ``AWSServiceRoleForLogDelivery``.
    """
    if isinstance(stream.tags, Unknown):
        says = f"the tags of stream {name(stream)} are not known ({stream.tags.reason})"
        return [Point(ok=None, says=says, entity=stream)] if is_live(stream) else []
    value = stream.tags.get(TAG)
    if not is_live(stream):
        says = f"Advice: AWS sets the tag {TAG} on the stream; add it, or the next apply removes it"
        return [Point(ok=True, says=says, entity=stream)] if value is None else []
    if isinstance(value, Unknown):
        return [Point(ok=None, says=f"the tag {TAG} of stream {name(stream)} is not known ({value.reason})")]
    if value == "true":
        return [Point(ok=True, says=f"stream {name(stream)} has the tag {TAG}=true", entity=stream)]
    words = f"firehose tag-delivery-stream --delivery-stream-name <name> --tags Key={TAG},Value=true"
    fix = partial(Remediation, summary="Tag the stream.", cli=live_command(stream, words, stream.name))
    says = f"stream {name(stream)} lacks the tag {TAG}=true, without which AWS's own role may not write to it"
    return [Point(ok=False, says=says, entity=stream, fix=fix)]


def _role(log: FlowLog, role: Maybe[Key | None], argument: str, ctx: Context) -> Point:
    if isinstance(role, Unknown):
        return Point(ok=None, says=f"{argument} is not known ({role.reason})", entity=log)
    if role is None:
        arguments = {argument: '"arn:aws:iam::111122223333:role/flow-log-delivery" # the role to use'}
        fix = partial(own_arguments, log, "Name the roles of both accounts.", arguments)
        says = f"{argument} is not set: delivery to a stream of another account needs it"
        return Point(ok=False, says=says, entity=log, fix=fix)
    found = ctx.model.by_key.get(role)
    gone = None if isinstance(found, Role) else gone_role(role, ctx)
    if gone is not None:
        return Point(ok=False, says=gone, entity=log)
    if not isinstance(found, Role):
        return Point(ok=None, says=f"role {role} is not in the input, so its policies are not known", entity=log)
    if isinstance(found.trust, Unknown):
        says = f"the trust policy of role {name(found)} is not known ({found.trust.reason})"
        return Point(ok=None, says=says, entity=found)
    request = Request(
        principal=("Service", DELIVERY), action="sts:AssumeRole", resource=None, context=delivery_context(log)
    )
    fix = partial(trust_role, found, DELIVERY, "arn:aws:logs:*:*:*")
    return from_decision(decide([found.trust], request), f"{DELIVERY} to assume role {name(found)}", found, fix)


def _second_role(log: FlowLog, ctx: Context) -> list[Point]:
    """Return the point that the destination's account names a role; its trust is that account's to judge."""
    role = log.cross_account_role
    if isinstance(role, Unknown):
        return [Point(ok=None, says=f"deliver_cross_account_role is not known ({role.reason})", entity=log)]
    if role is None:
        return [_role(log, role, "deliver_cross_account_role", ctx)]
    gone = None if isinstance(ctx.model.by_key.get(role), Role) else gone_role(role, ctx)
    if gone is not None:
        return [Point(ok=False, says=gone, entity=log)]
    return [Point(ok=True, says=f"deliver_cross_account_role is {role}", entity=log)]
