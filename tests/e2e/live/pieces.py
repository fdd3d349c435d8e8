"""What most accounts have. Unless told otherwise, a piece is right: nothing complains about it."""

from __future__ import annotations

import json
from typing import Any, Final

from tests.e2e.live.world import World
from tests.support.moto_server import ACCOUNT

_NAMES: Final = (
    "version account-id interface-id vpc-id subnet-id srcaddr dstaddr srcport dstport protocol tcp-flags type "
    "pkt-srcaddr pkt-dstaddr flow-direction traffic-path action reject-reason log-status start end packets bytes"
)
FIELDS: Final = "${" + _NAMES.replace(" ", "} ${") + "}"
"""Every field that the analysis of rejected traffic reads."""

WRITE: Final = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogGroups", "logs:DescribeLogStreams"]
BLOCKED: Final = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


def vpc(world: World, name: str, *, subnets: int = 1, cidr: str = "10.0.0.0/16", **where: str) -> str:
    """Make a VPC whose default security group is closed, with subnets that each hold one interface."""
    ec2 = world.client("ec2", **where)
    made: str = world.name(name, ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"])
    close_default_group(world, made, **where)
    for number in range(subnets):
        subnet(world, f"{name}.subnet{number}", made, f"{cidr.rsplit('.', 2)[0]}.{number}.0/24", **where)
    world.name_the_rest(**where)
    return made


def subnet(world: World, name: str, vpc: str, cidr: str, **where: str) -> str:
    """Make a subnet with an interface in it."""
    ec2 = world.client("ec2", **where)
    made: str = world.name(name, ec2.create_subnet(VpcId=vpc, CidrBlock=cidr)["Subnet"]["SubnetId"])
    interface = ec2.create_network_interface(SubnetId=made)["NetworkInterface"]
    world.name(f"{name}.eni", interface["NetworkInterfaceId"])
    return made


def close_default_group(world: World, vpc: str, **where: str) -> None:
    """Take the rules out of a VPC's default security group."""
    ec2 = world.client("ec2", **where)
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
    group = ec2.describe_security_groups(Filters=filters)["SecurityGroups"][0]
    for rules, revoke in (
        (group["IpPermissions"], ec2.revoke_security_group_ingress),
        (group["IpPermissionsEgress"], ec2.revoke_security_group_egress),
    ):
        if rules:
            revoke(GroupId=group["GroupId"], IpPermissions=rules)


def document(*statements: dict[str, Any]) -> str:
    """Return a policy document; a statement without an effect allows."""
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **one} for one in statements]})


def trust(account: str = ACCOUNT, region: str = "us-east-1", **other: Any) -> str:
    """Return the trust policy of a role for delivery to CloudWatch Logs; ``other`` members stand instead."""
    source = {"StringEquals": {"aws:SourceAccount": account},
              "ArnLike": {"aws:SourceArn": f"arn:aws:ec2:{region}:{account}:vpc-flow-log/*"}}  # fmt: skip
    service = {"Service": "vpc-flow-logs.amazonaws.com"}
    return document({"Principal": service, "Action": "sts:AssumeRole", "Condition": source, **other})


def role(
    world: World, name: str, *, trusts: str | None = None, allows: str | None = None, account: str = ACCOUNT
) -> str:
    """Make a role that may deliver to any log group; returns its ARN. ``allows=""``: without a policy."""
    iam = world.client("iam", account=account)
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusts or trust(account))["Role"]
    if allows != "":
        text = allows or document({"Action": WRITE, "Resource": "*"})
        iam.put_role_policy(RoleName=name, PolicyName="deliver", PolicyDocument=text)
    arn: str = made["Arn"]
    return arn


def logs_key(world: World, *statements: dict[str, Any], region: str = "us-east-1", account: str = ACCOUNT) -> str:
    """Make a customer key that CloudWatch Logs may use, or one with these statements instead; returns its ARN."""
    uses = {
        "Principal": {"Service": f"logs.{region}.amazonaws.com"},
        "Resource": "*",
        "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
    }
    return key(world, *(statements or (uses,)), region=region, account=account)  # fmt: skip


def key(world: World, *statements: dict[str, Any], region: str = "us-east-1", account: str = ACCOUNT) -> str:
    """Make a customer key that rotates, with these statements beside the account's own; returns its ARN."""
    own = {"Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "kms:*", "Resource": "*"}
    kms = world.client("kms", region, account)
    made = kms.create_key(Policy=document(own, *statements))["KeyMetadata"]
    kms.enable_key_rotation(KeyId=made["KeyId"])
    arn: str = made["Arn"]
    return arn


def group(
    world: World, name: str, *, days: int | None = 400, key: str | None = None,
    region: str = "us-east-1", account: str = ACCOUNT, **more: Any
) -> str:  # fmt: skip
    """Make a log group; returns its ARN. ``key=""``: without a customer key."""
    logs = world.client("logs", region, account)
    encrypted = {} if key == "" else {"kmsKeyId": key or logs_key(world, region=region, account=account)}
    logs.create_log_group(logGroupName=name, **encrypted, **more)
    if days is not None:
        logs.put_retention_policy(logGroupName=name, retentionInDays=days)
    return f"arn:aws:logs:{region}:{account}:log-group:{name}"


def bucket(
    world: World, name: str, *, policy: str | None = None, key: str | None = None, public: bool = False,
    lifecycle: int | None = 400, region: str = "us-east-1", account: str = ACCOUNT
) -> str:  # fmt: skip
    """Make a bucket that is protected and admits delivery of its own account's logs; returns its ARN.

    ``policy=""``: without one; ``key=""``: without a customer key.
    """
    s3 = world.client("s3", region, account)
    elsewhere = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=name, **elsewhere)
    if policy != "":
        s3.put_bucket_policy(Bucket=name, Policy=policy or delivery_policy(name, account=account))
    if key != "":
        given = key or bucket_key(world, region=region, account=account)
        default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": given}
        rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default}]}
        s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration=rules)
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=dict.fromkeys(BLOCKED, not public))
    if lifecycle is not None:
        rule = {"ID": "keep", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": lifecycle}}
        s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": [rule]})
    return f"arn:aws:s3:::{name}"


def bucket_key(world: World, **where: str) -> str:
    """Make a customer key that the delivery service may use."""
    uses = {
        "Principal": {"Service": "delivery.logs.amazonaws.com"},
        "Resource": "*",
        "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
    }
    return key(world, uses, **where)  # fmt: skip


def delivery_policy(
    name: str,
    *,
    folder: str = "",
    account: str = ACCOUNT,
    of: tuple[str, ...] = (),
    more: tuple[dict[str, Any], ...] = (),
) -> str:
    """Return the bucket policy that AWS documents, for the logs of an account, or of several (``of``)."""
    arn = f"arn:aws:s3:::{name}"
    accounts = list(of or (account,))
    source = {"StringEquals": {"aws:SourceAccount": accounts}}
    write = {"StringEquals": {"aws:SourceAccount": accounts, "s3:x-amz-acl": "bucket-owner-full-control"}}
    service = {"Service": "delivery.logs.amazonaws.com"}
    places = [f"{arn}/{folder}AWSLogs/{one}/*" for one in accounts]
    return document(
        {"Principal": service, "Action": "s3:PutObject", "Resource": places, "Condition": write},
        {"Principal": service, "Action": "s3:GetBucketAcl", "Resource": arn, "Condition": source},
        *more,
    )


def flow_log(
    world: World, name: str, resource: str, destination: str, *, role: str | None = None, traffic: str | None = "ALL",
    interval: int = 60, fields: str | None = FIELDS, region: str = "us-east-1", account: str = ACCOUNT, **more: Any
) -> str:  # fmt: skip
    """Make a flow log; the kinds of resource and destination follow from their ids."""
    kinds = {"vpc": "VPC", "subnet": "Subnet", "eni": "NetworkInterface", "tgw": "TransitGateway"}
    kind = "TransitGatewayAttachment" if resource.startswith("tgw-attach") else kinds[resource.split("-")[0]]
    service = {"logs": "cloud-watch-logs", "s3": "s3", "firehose": "kinesis-data-firehose"}[destination.split(":")[2]]
    given = {
        "ResourceIds": [resource], "ResourceType": kind, "TrafficType": traffic, "LogDestinationType": service,
        "LogDestination": destination, "MaxAggregationInterval": interval, "LogFormat": fields,
        "DeliverLogsPermissionArn": role, **more,
    }  # fmt: skip
    made = world.client("ec2", region, account).create_flow_logs(**{k: v for k, v in given.items() if v is not None})
    assert not made["Unsuccessful"], made["Unsuccessful"]
    return world.name(name, made["FlowLogIds"][0])
