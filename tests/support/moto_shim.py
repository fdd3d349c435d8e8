"""Where moto is not like AWS, corrected on the way: each correction has a name, and a test that shows both answers.

When a newer moto is right by itself, the test of that correction says so, and the correction goes.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from tests.support.fault_proxy import Forward, Rule
from tests.support.moto_gaps import (
    answers_what_moto_lacks,
    enables_insight_rules_by_default,
    finds_subnets_by_their_ipv6_block,
    keeps_the_tags_of_new_streams,
    lists_no_tags_of_bare_workgroups,
    shows_who_keeps_an_interface,
)
from tests.support.scripts import edited
from tests.support.wire import Answer, Request, decode, encode, error, recognise

_FIELDS: Final = (
    "version resource-type account-id tgw-id tgw-attachment-id tgw-src-vpc-account-id tgw-dst-vpc-account-id "
    "tgw-src-vpc-id tgw-dst-vpc-id tgw-src-subnet-id tgw-dst-subnet-id tgw-src-eni tgw-dst-eni tgw-src-az-id "
    "tgw-dst-az-id tgw-pair-attachment-id srcaddr dstaddr srcport dstport protocol packets bytes start end "
    "log-status type packets-lost-no-route packets-lost-blackhole packets-lost-mtu-exceeded "
    "packets-lost-ttl-expired tcp-flags region flow-direction pkt-src-aws-service pkt-dst-aws-service"
)
TRANSIT_GATEWAY_FORMAT: Final = "${" + _FIELDS.replace(" ", "} ${") + "}"
"""Source: Transit Gateway Flow Logs, default format."""

Correction = Callable[[], "list[Rule]"]
_OPTIONS: Final = {"FileFormat": "plain-text", "HiveCompatiblePartitions": False, "PerHourPartition": False}


def tells_logs_apart_as_aws_does() -> list[Rule]:
    """moto takes a second log of one resource to one destination for the first, whatever it records.

    AWS refuses only the same configuration. So ACCEPT beside REJECT, or a second format, can go to one bucket.
    """
    received: dict[str, str | None] = {}

    def create(request: Request, forward: Forward) -> Answer:
        given = request.parameters
        destination = given.get("LogDestination")
        answer = forward(request.with_parameters(lambda changed: changed.update(LogDestination=_unlike(given))))
        for flow_log in _created(request, answer):
            received[flow_log] = destination
        return answer

    def restore(log: dict[str, Any]) -> None:
        log["LogDestination"] = received.get(log["FlowLogId"], log.get("LogDestination"))
        if log["LogDestination"] is None:
            del log["LogDestination"]

    return [_on_create(create), _on_describe(restore)]


def _unlike(given: Mapping[str, Any]) -> str:
    """Return a destination that moto finds, and that is equal for equal configurations only."""
    named = ("TrafficType", "LogFormat", "MaxAggregationInterval", "LogGroupName")
    same = {name: value for name, value in given.items() if name in named or name.startswith("DestinationOptions")}
    digest = hashlib.sha256(json.dumps(same, sort_keys=True).encode()).hexdigest()[:12]
    destination = str(given.get("LogDestination", ""))
    if given.get("LogDestinationType") == "s3":  # moto reads what follows the fifth colon; AWS leaves account empty
        return ":".join([*destination.split(":")[:4], digest, *destination.split(":")[5:]])
    return f"{destination}#{digest}"


def accepts_folders_in_bucket_arns() -> list[Rule]:
    """moto takes bucket and folder of ``arn:aws:s3:::bucket/folder/`` together for a bucket's name; AWS does not."""
    received: dict[str, str] = {}

    def create(request: Request, forward: Forward) -> Answer:
        destination = str(request.parameters.get("LogDestination", ""))
        if request.parameters.get("LogDestinationType") != "s3" or "/" not in destination:
            return forward(request)
        bucket = destination.partition("/")[0]
        answer = forward(request.with_parameters(lambda changed: changed.update(LogDestination=bucket)))
        for flow_log in _created(request, answer):
            received[flow_log] = destination
        return answer

    def restore(log: dict[str, Any]) -> None:
        if log["FlowLogId"] in received:
            log["LogDestination"] = received[log["FlowLogId"]]

    return [_on_create(create), _on_describe(restore)]


def finds_log_groups_by_arn() -> list[Rule]:
    """moto looks for a log group by ``LogGroupName`` only: one given by ARN never delivers.

    AWS takes either and gives back both. A group of another account or region does not deliver there either.
    """

    def create(request: Request, forward: Forward) -> Answer:
        given = request.parameters
        if given.get("LogDestinationType", "cloud-watch-logs") != "cloud-watch-logs":
            return forward(request)
        home = f":logs:{request.region}:"
        arn = str(given.get("LogDestination", "")).removesuffix(":*")
        if "LogGroupName" in given:
            return forward(request)
        changes = {"LogDestination": arn}
        if home in arn:
            changes["LogGroupName"] = arn.partition(":log-group:")[2]
        return forward(request.with_parameters(lambda changed: changed.update(changes)))

    return [_on_create(create)]


def looks_for_the_log_group_each_time() -> list[Rule]:
    """moto decides once, when a log is created, whether its log group is there; AWS each time that it delivers."""

    def describe(request: Request, forward: Forward) -> Answer:
        answer = forward(request)
        if answer.status != 200:
            return answer
        result = decode(request, answer)
        if any(log.get("LogGroupName") for log in result["FlowLogs"]):
            there = _log_groups(request, forward)
            for log in result["FlowLogs"]:
                _look(log, there)
        return encode(request, result)

    return [Rule(describe, service="ec2", operation="DescribeFlowLogs")]


def _look(log: dict[str, Any], there: frozenset[str]) -> None:
    if log.get("LogGroupName") in there:
        log["DeliverLogsStatus"] = "SUCCESS"
        log.pop("DeliverLogsErrorMessage", None)
    elif "LogGroupName" in log:
        log.update(DeliverLogsStatus="FAILED", DeliverLogsErrorMessage="Access error")


def _log_groups(request: Request, forward: Forward) -> frozenset[str]:
    """Return the names of every log group in the account and region of a request."""
    signed = f"AWS4-HMAC-SHA256 Credential={request.access_key}/20260101/{request.region}/logs/aws4_request"
    headers = {"authorization": signed, "x-amz-target": "Logs_20140328.DescribeLogGroups"}
    names: set[str] = set()
    token: dict[str, str] = {}
    while True:
        asked = recognise("POST", "/", headers, json.dumps(token).encode())
        result = decode(asked, forward(asked))
        names.update(group["logGroupName"] for group in result["logGroups"])
        if not result.get("nextToken"):
            return frozenset(names)
        token = {"nextToken": result["nextToken"]}


def remembers_destination_options() -> list[Rule]:
    """moto drops ``DestinationOptions`` and ``DeliverCrossAccountRole``; AWS gives them back."""
    remembered: dict[str, dict[str, Any]] = {}

    def create(request: Request, forward: Forward) -> Answer:
        given = request.parameters
        answer = forward(request)
        kept: dict[str, Any] = {}
        if given.get("LogDestinationType") == "s3":
            kept["DestinationOptions"] = {
                name: (str(given.get(f"DestinationOptions.{name}", default)).lower() == "true")
                if isinstance(default, bool)
                else given.get(f"DestinationOptions.{name}", default)
                for name, default in _OPTIONS.items()
            }
        if "DeliverCrossAccountRole" in given:
            kept["DeliverCrossAccountRole"] = given["DeliverCrossAccountRole"]
        for flow_log in _created(request, answer):
            remembered[flow_log] = kept
        return answer

    return [_on_create(create), _on_describe(lambda log: log.update(remembered.get(log["FlowLogId"], {})))]


def gives_transit_gateways_their_defaults() -> list[Rule]:
    """moto treats a transit gateway like a VPC: default format, 600 seconds, a traffic type.

    AWS has a format of its own there, 60 seconds and no other, and refuses a traffic type.
    """

    def create(request: Request, forward: Forward) -> Answer:
        given = request.parameters
        if not str(given.get("ResourceType", "")).startswith("TransitGateway"):
            return forward(request)
        if given.get("MaxAggregationInterval", "60") != "60" or "TrafficType" in given:
            return error(request, "InvalidParameter", "Transit gateways take 60 seconds and no traffic type")
        defaults = {"MaxAggregationInterval": "60", "LogFormat": given.get("LogFormat", TRANSIT_GATEWAY_FORMAT)}
        return forward(request.with_parameters(lambda changed: changed.update(defaults)))

    return [_on_create(create)]


def attaches_a_bucket_policy() -> list[Rule]:
    """moto leaves a bucket without a policy as it is.

    AWS attaches one that admits delivery when a log of the bucket's own account is created. Source: VPC User Guide.
    Terraform may write the bucket's policy while it makes the log: AWS's never comes over one that is written.
    """
    looking = threading.RLock()

    def create(request: Request, forward: Forward) -> Answer:
        answer = forward(request)
        arn = str(request.parameters.get("LogDestination", ""))
        if request.parameters.get("LogDestinationType") == "s3" and _created(request, answer):
            bucket, _, folder = arn.rpartition(":")[2].partition("/")
            with looking:
                if forward(_s3(request, "GET", bucket)).status == 404:
                    partition = arn.split(":")[1]
                    document = _delivery_policy(partition, bucket, folder.strip("/"), request.account, request.region)
                    forward(_s3(request, "PUT", bucket, json.dumps(document).encode()))
        return answer

    def write(request: Request, forward: Forward) -> Answer:
        with looking:
            return forward(request)

    return [_on_create(create), Rule(write, service="s3", operation="PutBucketPolicy")]


def _s3(request: Request, method: str, bucket: str, body: bytes = b"", what: str = "policy") -> Request:
    signed = f"AWS4-HMAC-SHA256 Credential={request.access_key}/20260101/{request.region}/s3/aws4_request"
    return recognise(method, f"/{bucket}?{what}", {"authorization": signed}, body)


def _delivery_policy(partition: str, bucket: str, folder: str, account: str, region: str) -> dict[str, Any]:
    arn = f"arn:{partition}:s3:::{bucket}"
    source = {"ArnLike": {"aws:SourceArn": f"arn:{partition}:logs:{region}:{account}:*"}}
    owner = {"aws:SourceAccount": account}
    write = {**source, "StringEquals": {**owner, "s3:x-amz-acl": "bucket-owner-full-control"}}
    service = {"Service": "delivery.logs.amazonaws.com"}
    prefix = f"{arn}/{folder}/AWSLogs" if folder else f"{arn}/AWSLogs"
    statements = [
        {"Sid": "AWSLogDeliveryWrite", "Effect": "Allow", "Principal": service, "Action": "s3:PutObject",
         "Resource": f"{prefix}/{account}/*", "Condition": write},
        {"Sid": "AWSLogDeliveryAclCheck", "Effect": "Allow", "Principal": service, "Action": "s3:GetBucketAcl",
         "Resource": arn, "Condition": {**source, "StringEquals": owner}},
    ]  # fmt: skip
    return {"Version": "2012-10-17", "Statement": statements}


def closes_new_buckets() -> list[Rule]:
    """moto makes buckets bare. AWS blocks public access to new ones (since April 2023) and encrypts them (January)."""
    names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    block = "".join(f"<{name}>true</{name}>" for name in names)
    default = "ApplyServerSideEncryptionByDefault"
    rule = f"<Rule><{default}><SSEAlgorithm>AES256</SSEAlgorithm></{default}></Rule>"
    settings = {
        "publicAccessBlock": f"<PublicAccessBlockConfiguration>{block}</PublicAccessBlockConfiguration>",
        "encryption": f"<ServerSideEncryptionConfiguration>{rule}</ServerSideEncryptionConfiguration>",
    }

    def create(request: Request, forward: Forward) -> Answer:
        answer = forward(request)
        if answer.status == 200:
            for what, document in settings.items():
                forward(_s3(request, "PUT", request.parameters["Bucket"], document.encode(), what))
        return answer

    return [Rule(create, service="s3", operation="CreateBucket")]


def lists_regions_of_one_partition() -> list[Rule]:
    """moto lists the regions of China and GovCloud to everybody; AWS those of the partition that is asked."""

    def describe(request: Request, forward: Forward) -> Answer:
        answer = forward(request)
        if answer.status != 200:
            return answer
        result = decode(request, answer)
        own = _partition(request.region)
        result["Regions"] = [one for one in result["Regions"] if _partition(one["RegionName"]) == own]
        return encode(request, result)

    return [Rule(describe, service="ec2", operation="DescribeRegions")]


def _partition(region: str) -> str:
    return next((part for part in ("cn-", "us-gov-") if region.startswith(part)), "")


def forgets_the_acl_of_a_deleted_vpc() -> list[Rule]:
    """moto keeps the default network ACL of a VPC that is deleted, and what subnets were with it; AWS does not."""
    deleted: set[str] = set()

    def delete(request: Request, forward: Forward) -> Answer:
        answer = forward(request)
        if answer.status == 200:
            deleted.add(str(request.parameters["VpcId"]))
        return answer

    def describe(request: Request, forward: Forward) -> Answer:
        answer = forward(request)
        if answer.status != 200:
            return answer
        result = decode(request, answer)
        result["NetworkAcls"] = [one for one in result["NetworkAcls"] if one["VpcId"] not in deleted]
        return encode(request, result)

    return [
        Rule(delete, service="ec2", operation="DeleteVpc"),
        Rule(describe, service="ec2", operation="DescribeNetworkAcls"),
    ]


def shows_the_final_deny() -> list[Rule]:
    """moto leaves out the entry with which every network ACL ends; AWS shows it as number 32767."""
    last = {"CidrBlock": "0.0.0.0/0", "Protocol": "-1", "RuleAction": "deny", "RuleNumber": 32767}

    def end(result: dict[str, Any]) -> None:
        for acl in result["NetworkAcls"]:
            entries = [one for one in acl["Entries"] if one["RuleNumber"] != last["RuleNumber"]]
            acl["Entries"] = [*entries, {**last, "Egress": False}, {**last, "Egress": True}]

    return [edited("ec2", "DescribeNetworkAcls", end)]


def lets_delegates_read_the_organization() -> list[Rule]:
    """moto shows a delegated administrator an empty organisation; AWS the whole one, as to the management account."""
    keys: dict[str, str] = {}

    def register(request: Request, forward: Forward) -> Answer:
        answer = forward(request)
        if answer.status == 200:
            keys[str(request.parameters["AccountId"])] = request.access_key
        return answer

    def read(request: Request, forward: Forward) -> Answer:
        key = keys.get(request.account)
        if key is None or not request.operation.startswith(("List", "Describe")):
            return forward(request)
        signed = request.headers["authorization"].replace(f"={request.access_key}/", f"={key}/")
        return forward(replace(request, access_key=key, headers={**request.headers, "authorization": signed}))

    return [
        Rule(read, service="organizations"),
        Rule(register, service="organizations", operation="RegisterDelegatedAdministrator"),
    ]


CORRECTIONS: Final[tuple[Correction, ...]] = (
    tells_logs_apart_as_aws_does,  # innermost: sees what the others make of a request
    accepts_folders_in_bucket_arns,
    finds_log_groups_by_arn,
    looks_for_the_log_group_each_time,
    remembers_destination_options,
    gives_transit_gateways_their_defaults,
    attaches_a_bucket_policy,
    closes_new_buckets,
    lists_regions_of_one_partition,
    forgets_the_acl_of_a_deleted_vpc,
    shows_the_final_deny,
    lets_delegates_read_the_organization,
    answers_what_moto_lacks,
    enables_insight_rules_by_default,
    finds_subnets_by_their_ipv6_block,
    keeps_the_tags_of_new_streams,
    lists_no_tags_of_bare_workgroups,
    shows_who_keeps_an_interface,
)


def shim() -> list[Rule]:
    """Return the rules of every correction, in the order in which a proxy takes them."""
    return [rule for correction in CORRECTIONS for rule in correction()]


def _on_create(act: Callable[[Request, Forward], Answer]) -> Rule:
    return Rule(act, service="ec2", operation="CreateFlowLogs")


def _on_describe(edit: Callable[[dict[str, Any]], None]) -> Rule:
    def act(request: Request, forward: Forward) -> Answer:
        answer = forward(request)
        if answer.status != 200:
            return answer
        result = decode(request, answer)
        for log in result["FlowLogs"]:
            edit(log)
        return encode(request, result)

    return Rule(act, service="ec2", operation="DescribeFlowLogs")


def _created(request: Request, answer: Answer) -> list[str]:
    return list(decode(request, answer).get("FlowLogIds", ())) if answer.status == 200 else []
