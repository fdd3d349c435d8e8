"""Things of one VPC or account that act in another: groups associated with a second VPC, peers that are gone, lists
that another account shares."""

from __future__ import annotations

from typing import Any

from tests.e2e.live import pieces
from tests.e2e.live.world import World
from tests.support import faults, scripts

STRANGER = "999988887777"
GONE = "sg-0dead000000000000"


def build(world: World) -> None:
    world.words = ["--region", "us-east-1"]
    world.clear()
    bucket = pieces.bucket(world, "borrowed-logs")
    home = pieces.vpc(world, "home", cidr="10.1.0.0/16")
    guest = pieces.vpc(world, "guest", cidr="10.2.0.0/16")
    for name, vpc in (("home", home), ("guest", guest)):
        pieces.flow_log(world, f"{name}.log", vpc, bucket)
    _lent(world, home, guest)
    _stale(world, home)
    _shared_lists(world, home)


def _group(world: World, name: str, vpc: str, *permissions: dict[str, Any]) -> str:
    ec2 = world.client("ec2")
    group: str = ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
    if permissions:
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=list(permissions))
    return world.name(name, group)


def _port(number: int, **peers: Any) -> dict[str, Any]:
    return {"IpProtocol": "tcp", "FromPort": number, "ToPort": number, **peers}


def _lent(world: World, home: str, guest: str) -> None:
    """Associate groups of one VPC with another one, whose only ACL lets port 443 in: it decides what they do there."""
    ec2 = world.client("ec2")
    subnet = world.key("guest.subnet0")
    acl = world.name("guest.acl", ec2.create_network_acl(VpcId=guest)["NetworkAcl"]["NetworkAclId"])
    for egress, ports in ((False, {"From": 443, "To": 443}), (True, {"From": 1024, "To": 65535})):
        ec2.create_network_acl_entry(
            NetworkAclId=acl, Egress=egress, RuleNumber=100, RuleAction="allow", CidrBlock="10.0.0.0/8", Protocol="6",
            PortRange=ports,
        )  # fmt: skip
    acls = ec2.describe_network_acls(Filters=[{"Name": "association.subnet-id", "Values": [subnet]}])["NetworkAcls"]
    association = next(one for one in acls[0]["Associations"] if one["SubnetId"] == subnet)
    ec2.replace_network_acl_association(AssociationId=association["NetworkAclAssociationId"], NetworkAclId=acl)
    for name, number in (("lent-dead", 8080), ("lent-alive", 443)):
        group = _group(world, name, home, _port(number, IpRanges=[{"CidrIp": "10.0.6.0/24"}]))
        interface = ec2.create_network_interface(SubnetId=subnet, Groups=[group])["NetworkInterface"]
        used = world.name(f"{name}.eni", interface["NetworkInterfaceId"])
        groups = [{"GroupId": group, "GroupName": name}]
        members = {"RequesterManaged": False, "Groups": groups}
        world.rules.append(scripts.kept_by(used, **members))


def _stale(world: World, home: str) -> None:
    """Leave a rule behind whose peer was a group of a VPC that was once peered, and is gone."""
    group = _group(world, "stale", home, _port(443, IpRanges=[{"CidrIp": "10.0.0.0/8"}]))
    pair = {"GroupId": GONE, "UserId": STRANGER, "VpcId": "vpc-0dead000000000000",
            "VpcPeeringConnectionId": "pcx-0dead000000000000", "PeeringStatus": "deleted"}  # fmt: skip

    def remember(one: dict[str, Any]) -> None:
        one["IpPermissions"] = [*one.get("IpPermissions", ()), _port(22, UserIdGroupPairs=[pair])]

    def list_rule(result: dict[str, Any]) -> None:
        row = {"SecurityGroupRuleId": "sgr-0dead000000000000", "GroupId": group, "IsEgress": False, "FromPort": 22,
               "IpProtocol": "tcp", "ToPort": 22, "ReferencedGroupInfo": pair}  # fmt: skip
        result["SecurityGroupRules"].append(row)

    world.rules += [
        scripts.edited("ec2", "DescribeSecurityGroups", scripts.each("SecurityGroups", remember, GroupId=group)),
        scripts.edited("ec2", "DescribeSecurityGroupRules", list_rule),
    ]


def _shared_lists(world: World, home: str) -> None:
    """Use prefix lists that another account shares through RAM: one whose entries may be read, one whose may not."""
    ec2 = world.client("ec2")
    for name, cidrs in (
        ("shared-world", ["0.0.0.0/0"]),
        ("shared-inside", ["10.0.0.0/8"]),
        ("shared-closed", ["10.0.0.0/8"]),
    ):
        entries = [{"Cidr": cidr} for cidr in cidrs]
        made = ec2.create_managed_prefix_list(PrefixListName=name, AddressFamily="IPv4", MaxEntries=5, Entries=entries)
        own = made["PrefixList"]["PrefixListId"]
        _group(world, name, home, _port(22, PrefixListIds=[{"PrefixListId": own}]))

        def share(one: dict[str, Any]) -> None:
            one["OwnerId"] = STRANGER

        edit = scripts.each("PrefixLists", share, PrefixListId=own)
        world.rules.append(scripts.edited("ec2", "DescribeManagedPrefixLists", edit))
        if name == "shared-closed":
            world.rules.append(faults.denied(service="ec2", operation="GetManagedPrefixListEntries", about=own))
