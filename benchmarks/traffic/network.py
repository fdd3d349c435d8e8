"""The network that the made flow logs come from, as a folder of EC2 responses: 200 interfaces, groups of any size."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.traffic.make import ACCOUNT, FLOW_LOG, INTERFACES, REGION


def make_network(folder: Path, rules: int = 5) -> Path:
    """Write the responses of the listings; ``rules`` is the number of ingress rules over all four groups."""
    place = folder / REGION
    place.mkdir(parents=True, exist_ok=True)
    content: dict[str, dict[str, Any]] = {
        "describe-vpcs": {"Vpcs": [{"VpcId": "vpc-1", "OwnerId": ACCOUNT, "CidrBlock": "10.0.0.0/16",
                                    "CidrBlockAssociationSet": [], "IsDefault": False, "State": "available"}]},
        "describe-subnets": {"Subnets": [_subnet(number) for number in range(INTERFACES // 50)]},
        "describe-network-interfaces": {"NetworkInterfaces": [_interface(number) for number in range(INTERFACES)]},
        "describe-security-groups": {"SecurityGroups": [_group(number, rules) for number in range(4)]},
        "describe-network-acls": {"NetworkAcls": [_acl()]},
        "describe-route-tables": {"RouteTables": []},
        "describe-flow-logs": {"FlowLogs": [{
            "FlowLogId": FLOW_LOG, "ResourceId": "vpc-1", "TrafficType": "ALL", "FlowLogStatus": "ACTIVE",
            "LogDestinationType": "s3", "LogDestination": "arn:aws:s3:::logs", "MaxAggregationInterval": 60}]},
    }  # fmt: skip
    for name, value in content.items():
        (place / f"{name}.json").write_text(json.dumps(value), encoding="utf-8")
    return folder


def _subnet(number: int) -> dict[str, Any]:
    return {"SubnetId": f"subnet-{number}", "VpcId": "vpc-1", "OwnerId": ACCOUNT, "CidrBlock": f"10.0.{number}.0/24",
            "AvailabilityZone": f"{REGION}a", "State": "available"}  # fmt: skip


def _interface(number: int) -> dict[str, Any]:
    address = f"10.0.{number // 50}.{number % 50 + 10}"
    return {"NetworkInterfaceId": f"eni-{number + 1:017x}", "VpcId": "vpc-1", "SubnetId": f"subnet-{number // 50}",
            "OwnerId": ACCOUNT, "Status": "in-use", "InterfaceType": "interface", "RequesterManaged": False,
            "PrivateIpAddress": address, "PrivateIpAddresses": [{"PrivateIpAddress": address, "Primary": True}],
            "Groups": [{"GroupId": f"sg-{number // 50}", "GroupName": f"g{number // 50}"}]}  # fmt: skip


def _group(number: int, rules: int) -> dict[str, Any]:
    wide = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    narrow = [
        {"IpProtocol": "tcp", "FromPort": 5000 + at % 50, "ToPort": 5000 + at % 50,
         "IpRanges": [{"CidrIp": f"10.{at % 4}.{at // 4 % 256}.0/24"}]}
        for at in range(max(rules // 4 - 1, 1))
    ]  # fmt: skip
    return {"GroupId": f"sg-{number}", "GroupName": f"g{number}", "VpcId": "vpc-1", "OwnerId": ACCOUNT,
            "Description": "made", "IpPermissions": [wide, *narrow],
            "IpPermissionsEgress": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]}  # fmt: skip


def _acl() -> dict[str, Any]:
    def entry(number: int, action: str, *, egress: bool, cidr: str) -> dict[str, Any]:
        return {"RuleNumber": number, "RuleAction": action, "Egress": egress, "Protocol": "-1", "CidrBlock": cidr}

    return {"NetworkAclId": "acl-1", "VpcId": "vpc-1", "OwnerId": ACCOUNT, "IsDefault": True, "Associations": [
                {"NetworkAclId": "acl-1", "NetworkAclAssociationId": f"aclassoc-{n}", "SubnetId": f"subnet-{n}"}
                for n in range(INTERFACES // 50)],
            "Entries": [entry(90, "deny", egress=False, cidr="10.1.3.0/24"),
                        entry(100, "allow", egress=False, cidr="0.0.0.0/0"),
                        entry(32767, "deny", egress=False, cidr="0.0.0.0/0"),
                        entry(100, "allow", egress=True, cidr="0.0.0.0/0"),
                        entry(32767, "deny", egress=True, cidr="0.0.0.0/0")]}  # fmt: skip
