"""An account in moto: one region of 100 VPCs, 300 subnets, 2,000 interfaces and 1,000 security groups."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

REGION: Final = "eu-west-1"
VPCS: Final = 100
SUBNETS_EACH: Final = 3
INTERFACES_EACH: Final = 20
GROUPS_EACH: Final = 10
_THREADS: Final = 4
_LOG_GROUPS: Final = 3
_BUCKET: Final = "flow-logs-of-the-benchmark"
_ROLE: Final = "flow-logs"


def make_account(client: Any) -> dict[str, int]:
    """Make everything and return how many of each; ``client(service)`` gives a boto3 client of the region.

    Of ten VPCs five log to one bucket, three to one of three log groups, two nowhere.
    """
    role = _destinations(client)
    ec2 = client("ec2")
    with ThreadPoolExecutor(_THREADS) as pool:
        vpcs = list(pool.map(lambda number: _vpc(ec2, number), range(VPCS)))
    for number, vpc in enumerate(vpcs):
        _flow_log(ec2, vpc, number % 10, role)
    return {
        "VPCs": VPCS,
        "subnets": VPCS * SUBNETS_EACH,
        "interfaces": VPCS * INTERFACES_EACH,
        "security groups": VPCS * GROUPS_EACH,
    }


def _destinations(client: Any) -> str:
    client("s3").create_bucket(Bucket=_BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    for number in range(_LOG_GROUPS):
        client("logs").create_log_group(logGroupName=f"/flow-logs/{number}")
    iam = client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "vpc-flow-logs.amazonaws.com"}, "Action": "sts:AssumeRole"}
    made = iam.create_role(RoleName=_ROLE, AssumeRolePolicyDocument=_document(trust))
    actions = ["CreateLogGroup", "CreateLogStream", "PutLogEvents", "DescribeLogGroups", "DescribeLogStreams"]
    write = {"Effect": "Allow", "Action": [f"logs:{action}" for action in actions], "Resource": "*"}
    iam.put_role_policy(RoleName=_ROLE, PolicyName="write", PolicyDocument=_document(write))
    return str(made["Role"]["Arn"])


def _document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _vpc(ec2: Any, number: int) -> str:
    """Make a VPC with all that stands in it; return its id."""
    vpc = str(ec2.create_vpc(CidrBlock=f"10.{number}.0.0/16")["Vpc"]["VpcId"])
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.{number}.{16 * each}.0/20", AvailabilityZone=f"{REGION}{zone}")
        for each, zone in enumerate("abc"[:SUBNETS_EACH])
    ]
    groups = [_group(ec2, vpc, number, each) for each in range(GROUPS_EACH)]
    for each in range(INTERFACES_EACH):
        ec2.create_network_interface(
            SubnetId=subnets[each % SUBNETS_EACH]["Subnet"]["SubnetId"], Groups=[groups[each % GROUPS_EACH]]
        )
    return vpc


def _group(ec2: Any, vpc: str, number: int, each: int) -> str:
    made = ec2.create_security_group(GroupName=f"group-{number}-{each}", Description="of the benchmark", VpcId=vpc)
    group = str(made["GroupId"])
    inside = [{"CidrIp": f"10.{number}.0.0/16", "Description": "inside"}]
    source = [{"CidrIp": "0.0.0.0/0"}] if each == 0 else inside
    rules = [
        {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": ranges}
        for port, ranges in ((443, inside), (5432, inside), (22, source))
    ]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=rules)
    return group


def _flow_log(ec2: Any, vpc: str, kind: int, role: str) -> None:
    words: dict[str, Any] = {"ResourceType": "VPC", "ResourceIds": [vpc], "TrafficType": "ALL"}
    if kind < 5:
        ec2.create_flow_logs(**words, LogDestinationType="s3", LogDestination=f"arn:aws:s3:::{_BUCKET}")
    elif kind < 8:
        group = f"/flow-logs/{kind % _LOG_GROUPS}"
        ec2.create_flow_logs(**words, LogGroupName=group, DeliverLogsPermissionArn=role)
