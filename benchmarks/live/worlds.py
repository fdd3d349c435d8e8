"""What the simulated AWS holds. Accounts and regions are alike but for their names, so an answer is written once."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from checker.load.aws.call import Meaning
from checker.load.aws.calls import call_of
from tests.support.wire import Request, pagination

MANAGEMENT: Final = "100000000000"
HOME: Final = "eu-west-1"
REGIONS: Final = (
    "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
    "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1",
    "us-east-2", "us-west-1", "us-west-2",
)  # fmt: skip
"""The regions that are enabled without being asked for. Source: AWS General Reference."""

_ACCOUNT: Final = "999999999999"
_REGION: Final = "xx-region-9"
_ID: Final = "0ddba11d"
"""Stand in a written answer for what is filled in."""
BUCKET: Final = "organisation-flow-logs"
_FORMAT: Final = "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} "
_REST: Final = "${packets} ${bytes} ${start} ${end} ${action} ${log-status}"


@dataclass(frozen=True, slots=True)
class Size:
    """How much each account and region holds; the default VPC, its group, ACL and tables come with it."""

    accounts: int
    regions: tuple[str, ...]
    vpcs: int
    subnets: int
    interfaces: int
    groups: int
    instances: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error that is the answer."""

    code: str


Result = Mapping[str, Any] | Refusal
_SIZES: Final = {
    "organisation": Size(50, REGIONS, vpcs=1, subnets=3, interfaces=4, groups=3, instances=2),
    "large": Size(1, (HOME,), vpcs=200, subnets=1_000, interfaces=50_000, groups=2_000, instances=10_000),
}


def world(name: str) -> World:
    """Return a world; raises KeyError for an unknown name."""
    return World(_SIZES[name])


class World:
    """Results of every call, by request."""

    def __init__(self, size: Size) -> None:
        self._size = size
        self._accounts = [str(int(MANAGEMENT) + number) for number in range(size.accounts)]
        self._makers: dict[str, Callable[[Request], Result]] = {
            "sts:GetCallerIdentity": lambda _: {
                "Account": _ACCOUNT, "Arn": f"arn:aws:sts::{_ACCOUNT}:assumed-role/Audit/run", "UserId": "AROA:run"},
            "sts:AssumeRole": self._credentials,
            "organizations:ListAccounts": self._listed,
            "ec2:DescribeRegions": lambda _: {"Regions": [
                {"RegionName": each, "OptInStatus": "opt-in-not-required"} for each in size.regions]},
            "ec2:DescribeVpcBlockPublicAccessOptions": lambda _: {"VpcBlockPublicAccessOptions": {
                "InternetGatewayBlockMode": "off", "State": "default-state", "ExclusionsAllowed": "allowed"}},
            "s3:ListBuckets": self._buckets,
            "s3:GetBucketLocation": lambda _: {"LocationConstraint": HOME},
            "s3:GetBucketPolicy": lambda _: Refusal("NoSuchBucketPolicy"),
            "s3:GetBucketVersioning": lambda _: {"Status": "Enabled"},
            "logs:DescribeLogGroups": lambda request: {"logGroups": [_log_group(request)]},
            "logs:ListTagsForResource": lambda _: {"tags": {}},
            "iam:GetRole": lambda _: {"Role": _role()},
            "iam:ListRolePolicies": lambda _: {"PolicyNames": ["write"], "IsTruncated": False},
            "iam:ListAttachedRolePolicies": lambda _: {"AttachedPolicies": [], "IsTruncated": False},
            "iam:GetRolePolicy": lambda _: {
                "RoleName": "flow-logs", "PolicyName": "write", "PolicyDocument": _document("logs:*")},
        }  # fmt: skip
        self._rows: dict[str, tuple[int, Callable[[int], Mapping[str, Any]]]] = {
            "DescribeVpcs": (size.vpcs, _vpc),
            "DescribeSubnets": (size.subnets, self._subnet),
            "DescribeNetworkInterfaces": (size.interfaces, self._interface),
            "DescribeInstances": (size.instances, self._reservation),
            "DescribeSecurityGroups": (size.groups, self._group),
            "DescribeSecurityGroupRules": (size.groups * 4, self._rule),
            "DescribeNetworkAcls": (size.vpcs, self._acl),
            "DescribeRouteTables": (size.vpcs, _route_table),
            "DescribeInternetGateways": (size.vpcs, _gateway),
            "DescribeFlowLogs": (size.vpcs + 1, self._flow_log),
        }

    def account_of(self, access_key: str) -> str:
        """Return whose an access key is; those of an assumed role end with the account."""
        return access_key[4:] if access_key.startswith("ASIA") else MANAGEMENT

    def kind(self, request: Request) -> tuple[str, ...]:
        """Return what tells one written answer from another."""
        name = f"{request.service}:{request.operation}"
        if name == "s3:ListBuckets":
            return (name, request.account)
        if name == "sts:AssumeRole":
            return (name, str(request.parameters["RoleArn"]))
        if request.service == "ec2" or name in ("organizations:ListAccounts", "logs:DescribeLogGroups"):
            chosen = ("NextToken", "MaxResults", "logGroupNamePrefix")
            return (name, *(str(request.parameters.get(each, "")) for each in chosen))
        return (name,)

    def filled(self, body: bytes, request: Request) -> bytes:
        """Return a written answer with the account, region and ids of a request."""
        place = f"{zlib.crc32(f'{request.account} {request.region}'.encode()):08x}"
        for stand_in, value in ((_ACCOUNT, request.account), (_REGION, request.region), (_ID, place)):
            body = body.replace(stand_in.encode(), value.encode())
        return body

    def result(self, request: Request) -> Result:
        """Return the result of a call; of one that nothing is said about, an empty listing or an unset setting."""
        maker = self._makers.get(f"{request.service}:{request.operation}")
        if maker is not None:
            return maker(request)
        if request.service == "ec2" and request.operation in self._rows:
            return self._page(request, *self._rows[request.operation])
        call = call_of(request.service, request.operation)
        unset = [code for code, meaning in call.meanings.items() if meaning is Meaning.UNSET]
        return Refusal(unset[0]) if unset else {call.result: []} if call.result else {}

    def _page(self, request: Request, count: int, row: Callable[[int], Mapping[str, Any]]) -> Result:
        table = pagination("ec2").get(request.operation, {})
        member = call_of("ec2", request.operation).result or ""
        most = int(request.parameters.get("MaxResults") or count)
        start = int(request.parameters.get("NextToken") or 0)
        end = min(start + most, count)
        page: dict[str, Any] = {member: [row(number) for number in range(start, end)]}
        if end < count:
            page[str(table["output_token"])] = str(end)
        return page

    def _credentials(self, request: Request) -> Result:
        account = str(request.parameters["RoleArn"]).split(":")[4]
        end = datetime.now(UTC) + timedelta(hours=6)
        return {"Credentials": {"AccessKeyId": f"ASIA{account}", "SecretAccessKey": "secret", "SessionToken": "token",
                                "Expiration": end}}  # fmt: skip

    def _listed(self, request: Request) -> Result:
        start = int(request.parameters.get("NextToken") or 0)
        rows = [
            {"Id": each, "Name": f"account {each}", "Status": "ACTIVE", "State": "ACTIVE"}
            for each in self._accounts[start : start + 20]
        ]
        more = {"NextToken": str(start + 20)} if start + 20 < len(self._accounts) else {}
        return {"Accounts": rows, **more}

    def _buckets(self, request: Request) -> Result:
        owned = [{"Name": BUCKET, "CreationDate": _then()}] if request.account == MANAGEMENT else []
        return {"Buckets": owned, "Owner": {"ID": "owner"}}

    def _subnet(self, number: int) -> Mapping[str, Any]:
        vpc = number % self._size.vpcs
        return {"SubnetId": f"subnet-{_ID}{number:09x}", "VpcId": _id("vpc", vpc), "OwnerId": _ACCOUNT,
                "CidrBlock": f"10.{vpc % 250}.{number // self._size.vpcs * 16}.0/20", "State": "available",
                "AvailabilityZone": f"{_REGION}a"}  # fmt: skip

    def _interface(self, number: int) -> Mapping[str, Any]:
        subnet = number % self._size.subnets
        vpc = subnet % self._size.vpcs
        group = vpc + self._size.vpcs * (number % max(1, self._size.groups // self._size.vpcs))
        return {
            "NetworkInterfaceId": _id("eni", number), "SubnetId": _id("subnet", subnet), "VpcId": _id("vpc", vpc),
            "OwnerId": _ACCOUNT, "Status": "in-use", "InterfaceType": "interface", "Description": "of an instance",
            "PrivateIpAddress": f"10.{vpc % 250}.{number // 250 % 250}.{number % 250}", "RequesterManaged": False,
            "SourceDestCheck": True, "MacAddress": f"02:00:00:{number >> 16 & 255:02x}:{number >> 8 & 255:02x}:00",
            "AvailabilityZone": f"{_REGION}a", "Ipv6Addresses": [],
            "PrivateIpAddresses": [{"Primary": True, "PrivateIpAddress": f"10.{vpc % 250}.0.{number % 250}"}],
            "Groups": [{"GroupId": _id("sg", group), "GroupName": f"group-{group}"}],
            "Attachment": {"AttachmentId": f"eni-attach-{number:017x}", "DeviceIndex": 0, "Status": "attached",
                           "InstanceId": _id("i", number), "InstanceOwnerId": _ACCOUNT, "DeleteOnTermination": True},
            "TagSet": [{"Key": "Name", "Value": f"interface-{number}"}, {"Key": "team", "Value": "payments"}],
        }  # fmt: skip

    def _reservation(self, number: int) -> Mapping[str, Any]:
        subnet = number % self._size.subnets
        instance = {
            "InstanceId": _id("i", number), "State": {"Code": 16, "Name": "running"}, "InstanceType": "m7i.large",
            "SubnetId": _id("subnet", subnet), "VpcId": _id("vpc", subnet % self._size.vpcs),
            "Tags": [{"Key": "Name", "Value": f"instance-{number}"}],
        }  # fmt: skip
        return {"ReservationId": _id("r", number), "OwnerId": _ACCOUNT, "Instances": [instance], "Groups": []}

    def _group(self, number: int) -> Mapping[str, Any]:
        inside = [{"CidrIp": "10.0.0.0/8", "Description": "inside"}]
        everybody = [{"CidrIp": "0.0.0.0/0"}]
        ports = ((443, inside), (5432, inside), (22, everybody if number % 50 == 0 else inside))
        return {
            "GroupId": _id("sg", number), "GroupName": f"group-{number}", "Description": "a group",
            "VpcId": _id("vpc", number % self._size.vpcs), "OwnerId": _ACCOUNT, "Tags": [],
            "IpPermissions": [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": ranges,
                               "Ipv6Ranges": [], "PrefixListIds": [], "UserIdGroupPairs": []}
                              for port, ranges in ports],
            "IpPermissionsEgress": [{"IpProtocol": "-1", "IpRanges": everybody, "Ipv6Ranges": [],
                                     "PrefixListIds": [], "UserIdGroupPairs": []}],
        }  # fmt: skip

    def _rule(self, number: int) -> Mapping[str, Any]:
        group, which = divmod(number, 4)
        common = {"SecurityGroupRuleId": _id("sgr", number), "GroupId": _id("sg", group), "GroupOwnerId": _ACCOUNT}
        if which == 3:
            return {**common, "IsEgress": True, "IpProtocol": "-1", "FromPort": -1, "ToPort": -1,
                    "CidrIpv4": "0.0.0.0/0", "Tags": []}  # fmt: skip
        source = "0.0.0.0/0" if which == 2 and group % 50 == 0 else "10.0.0.0/8"
        port = (443, 5432, 22)[which]
        return {**common, "IsEgress": False, "IpProtocol": "tcp", "FromPort": port, "ToPort": port,
                "CidrIpv4": source, "Tags": []}  # fmt: skip

    def _acl(self, number: int) -> Mapping[str, Any]:
        entries = [
            {"CidrBlock": "0.0.0.0/0", "Egress": egress, "Protocol": "-1", "RuleAction": action, "RuleNumber": order}
            for egress in (False, True)
            for action, order in (("allow", 100), ("deny", 32767))
        ]
        inside = range(number, self._size.subnets, self._size.vpcs)
        return {"NetworkAclId": _id("acl", number), "VpcId": _id("vpc", number), "OwnerId": _ACCOUNT,
                "IsDefault": True, "Entries": entries, "Tags": [],
                "Associations": [{"NetworkAclAssociationId": _id("aclassoc", each), "NetworkAclId": _id("acl", number),
                                  "SubnetId": _id("subnet", each)} for each in inside]}  # fmt: skip

    def _flow_log(self, number: int) -> Mapping[str, Any]:
        """Return a log of each VPC to the common bucket, and after them one of the first to a log group."""
        log = {"FlowLogId": _id("fl", number), "FlowLogStatus": "ACTIVE", "DeliverLogsStatus": "SUCCESS",
               "TrafficType": "ALL", "LogFormat": _FORMAT + _REST, "MaxAggregationInterval": 600,
               "ResourceId": _id("vpc", number % self._size.vpcs), "CreationTime": _then(), "Tags": []}  # fmt: skip
        if number < self._size.vpcs:
            return {**log, "LogDestinationType": "s3", "LogDestination": f"arn:aws:s3:::{BUCKET}"}
        return {**log, "LogDestinationType": "cloud-watch-logs", "LogGroupName": "/flow-logs",
                "LogDestination": f"arn:aws:logs:{_REGION}:{_ACCOUNT}:log-group:/flow-logs",
                "DeliverLogsPermissionArn": f"arn:aws:iam::{_ACCOUNT}:role/flow-logs"}  # fmt: skip


def _id(kind: str, number: int) -> str:
    return f"{kind}-{_ID}{number:09x}"


def _then() -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC)


def _vpc(number: int) -> Mapping[str, Any]:
    return {"VpcId": _id("vpc", number), "CidrBlock": f"10.{number % 250}.0.0/16", "IsDefault": number == 0,
            "State": "available", "OwnerId": _ACCOUNT, "Tags": [{"Key": "Name", "Value": f"vpc-{number}"}]}  # fmt: skip


def _route_table(number: int) -> Mapping[str, Any]:
    routes = [
        {"DestinationCidrBlock": f"10.{number % 250}.0.0/16", "GatewayId": "local", "State": "active"},
        {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": _id("igw", number), "State": "active"},
    ]
    return {"RouteTableId": _id("rtb", number), "VpcId": _id("vpc", number), "OwnerId": _ACCOUNT, "Routes": routes,
            "Associations": [{"RouteTableAssociationId": _id("rtbassoc", number), "Main": True,
                              "RouteTableId": _id("rtb", number)}], "Tags": []}  # fmt: skip


def _gateway(number: int) -> Mapping[str, Any]:
    attached = [{"VpcId": _id("vpc", number), "State": "available"}]
    return {"InternetGatewayId": _id("igw", number), "OwnerId": _ACCOUNT, "Attachments": attached, "Tags": []}


def _log_group(request: Request) -> Mapping[str, Any]:
    name = str(request.parameters.get("logGroupNamePrefix", "/flow-logs"))
    arn = f"arn:aws:logs:{_REGION}:{_ACCOUNT}:log-group:{name}"
    return {"logGroupName": name, "arn": f"{arn}:*", "logGroupArn": arn, "logGroupClass": "STANDARD",
            "retentionInDays": 365, "creationTime": 1_767_225_600_000, "storedBytes": 0}  # fmt: skip


def _document(action: str, **principal: Any) -> str:
    statement = {"Effect": "Allow", "Action": action, **(principal or {"Resource": "*"})}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _role() -> Mapping[str, Any]:
    trust = _document("sts:AssumeRole", Principal={"Service": "vpc-flow-logs.amazonaws.com"})
    return {"Path": "/", "RoleName": "flow-logs", "RoleId": "AROA", "CreateDate": _then(),
            "Arn": f"arn:aws:iam::{_ACCOUNT}:role/flow-logs", "AssumeRolePolicyDocument": trust}  # fmt: skip
