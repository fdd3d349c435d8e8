"""Can flow logs be delivered to this bucket?"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

from checker.model.destination import Bucket
from checker.model.flow_log import FlowLog, LogDestination
from checker.model.known import Unknown
from checker.rules._destination import account_text, partition, same_account
from checker.rules._fix_policy import customer_key, grant_bucket
from checker.rules._keys import is_aws_managed, key_points
from checker.rules._live import is_live
from checker.rules._point import Fix, Point, from_decision
from checker.rules._policy_eval import Decision, Request, decide
from checker.rules._rule import Context, Params
from checker.rules._say import name
from checker.rules._text import hole, text_of

DELIVERY: Final = "delivery.logs.amazonaws.com"
RESERVED: Final = "AWSLogs"
"""Folder name that AWS keeps for itself. Source: VPC User Guide, "Amazon S3 bucket permissions for flow logs"."""


def delivery_context(log: FlowLog) -> Mapping[str, tuple[str, ...]]:
    """Return what is known of a request that the delivery service makes for a flow log.

    A service principal belongs to no organization and comes through no VPC endpoint, so those keys are absent.
    """
    account, region = account_text(log), text_of(log.region, f"region of {log.key}")
    source = f"arn:{partition(log)}:logs:{region}:{account}:{hole('delivery')}"
    return {
        "aws:sourceaccount": (account,),
        "aws:sourcearn": (source,),
        "aws:securetransport": ("true",),
        "aws:principalisawsservice": ("true",),
        "aws:principalservicename": (DELIVERY,),
        "aws:principalorgid": (),
        "aws:principalaccount": (),
        "aws:sourcevpc": (),
        "aws:sourcevpce": (),
        "s3:x-amz-acl": ("bucket-owner-full-control",),
        "s3:tlsversion": ("1.2",),
    }


def bucket_arn(bucket: Bucket) -> str:
    """Return the ARN of a bucket, with ``⟦…⟧`` for parts not known."""
    if not isinstance(bucket.arn, Unknown) and bucket.arn:
        return bucket.arn
    if isinstance(bucket.arn, Unknown) and bucket.arn.symbol is not None:
        return bucket.arn.symbol
    return f"arn:{partition(bucket)}:s3:::{text_of(bucket.name, bucket.key)}"


def object_arns(log: FlowLog, destination: LogDestination, bucket: Bucket) -> list[str]:
    """Return the ARN under which records will be stored; two where it is not known whether the layout is Hive's."""
    folder = destination.prefix
    middle = "" if folder is None else f"{text_of(folder, 'folder')}/"
    account, region = account_text(log), text_of(log.region, f"region of {log.key}")
    start = f"{bucket_arn(bucket)}/{middle}{RESERVED}"
    plain = f"{start}/{account}/vpcflowlogs/{region}/{hole('object')}"
    hive = f"{start}/aws-account-id={account}/aws-service=vpcflowlogs/aws-region={region}/{hole('object')}"
    layout = log.hive_compatible_partitions
    if isinstance(layout, Unknown):
        return [plain, hive]
    return [hive] if layout else [plain]


def points(log: FlowLog, destination: LogDestination, bucket: Bucket, ctx: Context, params: Params) -> list[Point]:
    """Return what delivery to a bucket of the model needs. Logs alike in all that matters share the answer."""
    memo = ("s3", bucket.key, log.origin.root, *object_arns(log, destination, bucket), repr(log.account), repr(params))
    found = ctx.memory.get(memo)
    if not isinstance(found, list):
        found = ctx.memory[memo] = [*_policy(log, destination, bucket), *_encryption(log, bucket, ctx, params)]
    return [*folder_points(log, destination), *found]


def folder_points(log: FlowLog, destination: LogDestination) -> list[Point]:
    """Return the point that the folder's name is not reserved, where it is."""
    if not isinstance(destination.prefix, str) or RESERVED not in destination.prefix.split("/"):
        return []
    return [Point(ok=False, says=f"the folder name {RESERVED} is reserved: AWS refuses it at apply", entity=log)]


def _policy(log: FlowLog, destination: LogDestination, bucket: Bucket) -> list[Point]:
    policy = bucket.policy
    if isinstance(policy, Unknown):
        says = f"the policy of bucket {name(bucket)} is not known ({policy.reason})"
        return [Point(ok=None, says=says, entity=bucket)]
    folder = destination.prefix if isinstance(destination.prefix, str) else None
    hive = not isinstance(log.hive_compatible_partitions, Unknown) and log.hive_compatible_partitions
    fix = partial(grant_bucket, bucket, folder, hive=hive)
    if policy is None:
        return [_without_policy(log, bucket, fix)]
    context = delivery_context(log)
    service = ("Service", DELIVERY)
    writes = [
        decide([policy], Request(principal=service, action="s3:PutObject", resource=arn, context=context))
        for arn in object_arns(log, destination, bucket)
    ]
    acl_request = Request(principal=service, action="s3:GetBucketAcl", resource=bucket_arn(bucket), context=context)
    return [
        from_decision(_common(writes), f"s3:PutObject by {DELIVERY} under {RESERVED}/", bucket, fix),
        from_decision(decide([policy], acl_request), f"s3:GetBucketAcl by {DELIVERY}", bucket, fix),
    ]


def _common(decisions: list[Decision]) -> Decision:
    """Return the answer that holds for every layout; unknown where they differ."""
    answers = {decision.allowed for decision in decisions}
    if len(answers) == 1:
        return decisions[0]
    return Decision(allowed=None, unsure=("hive_compatible_partitions, which decides the path, is not known",))


def _without_policy(log: FlowLog, bucket: Bucket, fix: Fix) -> Point:
    if is_live(log) and is_live(bucket):  # AWS attaches a policy only while it creates a flow log
        says = f"bucket {name(bucket)} has no policy, so nothing admits {DELIVERY}"
        return Point(ok=False, says=says, entity=bucket, fix=fix)
    same = same_account(log, bucket)
    if same is True:
        says = (
            f"Assumed: bucket {name(bucket)} has no policy here and is of the same account, so AWS attaches one that "
            "admits delivery when the flow log is created"
        )
        return Point(ok=True, says=says, entity=bucket, assumed=True)
    why = "belongs to another account" if same is False else "may belong to another account"
    says = f"bucket {name(bucket)} {why} and shows no policy here: whether it admits delivery is not known"
    return Point(ok=None, says=says, entity=bucket)


def _encryption(log: FlowLog, bucket: Bucket, ctx: Context, params: Params) -> list[Point]:
    found = bucket.encryption
    if found is None:
        return [Point(ok=True, says=f"bucket {name(bucket)} encrypts with AES256, the default", entity=bucket)]
    if isinstance(found, Unknown):
        says = f"the encryption of bucket {name(bucket)} is not known ({found.reason})"
        return [Point(ok=None, says=says, entity=bucket)]
    if isinstance(found.algorithm, Unknown):
        says = f"the encryption of bucket {name(bucket)} is not known ({found.algorithm.reason})"
        return [Point(ok=None, says=says, entity=bucket)]
    if not found.algorithm.startswith("aws:kms"):
        return [Point(ok=True, says=f"bucket {name(bucket)} encrypts with {found.algorithm}", entity=bucket)]
    key = found.kms_key
    if not isinstance(key, Unknown) and (key is None or is_aws_managed(key)):
        says = f"bucket {name(bucket)} encrypts with the AWS managed key, which delivery cannot use"
        return [Point(ok=False, says=says, entity=bucket, fix=partial(customer_key, bucket))]
    if isinstance(key, str) and not key.startswith("arn:") and key not in ctx.model.by_key:
        says = f"bucket {name(bucket)} names its key by id; delivery needs the key's ARN"
        return [Point(ok=False, says=says, entity=bucket, fix=partial(customer_key, bucket))]
    request = Request(
        principal=("Service", DELIVERY), action="kms:GenerateDataKey", resource="*", context=delivery_context(log)
    )
    return key_points(ctx, "" if key is None else key, bucket, (request,), params)
