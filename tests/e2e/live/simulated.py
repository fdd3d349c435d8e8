"""The network of a simulated world, built in an account, so that the world's traffic has passed there."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any

from tests.e2e.live.world import World
from tests.simulator import world as simulated
from tests.simulator.generate import make
from tests.simulator.world import ANY, ICMP, ICMPV6, TCP, UDP, Entry, GroupRef, ListRef, Rule, Way
from tests.support.moto_server import ACCOUNT

SEED = 201
"""A world of one VPC, three subnets, nine interfaces, groups and ACLs; nothing in it that moto cannot make."""


def build(live: World, region: str = "us-east-1") -> simulated.World:
    """Build a simulated world in the account of the credentials; return it with the ids that it got there."""
    made = make(SEED, plain=True)
    made.enis = {key: replace(eni, public=None) for key, eni in made.enis.items()}
    ids = _Builder(live.client("ec2", region), made).ids()
    found: simulated.World = _renamed(made, ids)
    found.account, found.region = ACCOUNT, region
    return found


def _renamed(thing: Any, ids: dict[str, str]) -> Any:
    """Return a thing with other ids, however deep they lie."""
    if isinstance(thing, str):
        return ids.get(thing, thing)
    if isinstance(thing, tuple | list | set | frozenset):
        return type(thing)(_renamed(each, ids) for each in thing)
    if isinstance(thing, dict):
        return {_renamed(key, ids): _renamed(each, ids) for key, each in thing.items()}
    if is_dataclass(thing) and not isinstance(thing, type):
        return replace(thing, **{each.name: _renamed(getattr(thing, each.name), ids) for each in fields(thing)})
    return thing


class _Builder:
    def __init__(self, ec2: Any, world: simulated.World) -> None:
        self.ec2 = ec2
        self.world = world
        self.made: dict[str, str] = {}

    def ids(self) -> dict[str, str]:
        """Make everything; return the ids by those of the simulation."""
        for vpc in self.world.vpcs.values():
            self.made[vpc.id] = self.ec2.create_vpc(CidrBlock=str(vpc.nets[0]))["Vpc"]["VpcId"]
        for group in self.world.groups.values():
            self.made[group.id] = self.default_group(group) if group.default else self.group(group)
        for group in self.world.groups.values():  # rules name other groups
            self.rules(group)
        for acl in self.world.acls.values():
            self.acl(acl)
        for subnet in self.world.subnets.values():
            self.subnet(subnet)
        for eni in self.world.enis.values():
            addresses = [{"PrivateIpAddress": str(each), "Primary": each == eni.primary} for each in eni.addresses]
            made = self.ec2.create_network_interface(
                SubnetId=self.made[eni.subnet], PrivateIpAddresses=addresses, Groups=[self.made[g] for g in eni.groups]
            )
            self.made[eni.id] = made["NetworkInterface"]["NetworkInterfaceId"]
        return self.made

    def group(self, group: simulated.Group) -> str:
        made = self.ec2.create_security_group(GroupName=group.id, Description=group.id, VpcId=self.made[group.vpc])
        self.ec2.revoke_security_group_egress(GroupId=made["GroupId"], IpPermissions=[_EVERYTHING])
        return str(made["GroupId"])

    def default_group(self, group: simulated.Group) -> str:
        filters = [{"Name": "vpc-id", "Values": [self.made[group.vpc]]}, {"Name": "group-name", "Values": ["default"]}]
        (found,) = self.ec2.describe_security_groups(Filters=filters)["SecurityGroups"]
        inward, outward = found["IpPermissions"], found["IpPermissionsEgress"]
        if inward:
            self.ec2.revoke_security_group_ingress(GroupId=found["GroupId"], IpPermissions=inward)
        self.ec2.revoke_security_group_egress(GroupId=found["GroupId"], IpPermissions=outward)
        return str(found["GroupId"])

    def rules(self, group: simulated.Group) -> None:
        for rule in group.rules:
            put = (
                self.ec2.authorize_security_group_ingress
                if rule.way is Way.IN
                else self.ec2.authorize_security_group_egress
            )
            put(GroupId=self.made[group.id], IpPermissions=[self.permission(rule)])

    def permission(self, rule: Rule) -> dict[str, Any]:
        ranged = rule.protocol in (TCP, UDP, ICMP, ICMPV6)
        ports = {"FromPort": _or(rule.low), "ToPort": _or(rule.high)} if ranged else {}
        return {"IpProtocol": str(rule.protocol), **ports, **self.peer(rule.peer)}

    def peer(self, peer: simulated.Source) -> dict[str, Any]:
        assert not isinstance(peer, ListRef), "this world has prefix lists"
        if isinstance(peer, GroupRef):
            return {"UserIdGroupPairs": [{"GroupId": self.made[peer.group]}]}
        return {"Ipv6Ranges": [{"CidrIpv6": str(peer)}]} if peer.version == 6 else {"IpRanges": [{"CidrIp": str(peer)}]}

    def acl(self, acl: simulated.Acl) -> None:
        vpc = self.made[acl.vpc]
        if acl.default:
            filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "default", "Values": ["true"]}]
            (found,) = self.ec2.describe_network_acls(Filters=filters)["NetworkAcls"]
            for entry in found["Entries"]:
                if entry["RuleNumber"] < 32767:
                    self.ec2.delete_network_acl_entry(
                        NetworkAclId=found["NetworkAclId"], RuleNumber=entry["RuleNumber"], Egress=entry["Egress"]
                    )
        else:
            found = self.ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]
        self.made[acl.id] = found["NetworkAclId"]
        for each in acl.entries:
            self.ec2.create_network_acl_entry(NetworkAclId=self.made[acl.id], **_entry(each))

    def subnet(self, subnet: simulated.Subnet) -> None:
        made = self.ec2.create_subnet(VpcId=self.made[subnet.vpc], CidrBlock=str(subnet.nets[0]))["Subnet"]["SubnetId"]
        self.made[subnet.id] = made
        filters = [{"Name": "association.subnet-id", "Values": [made]}]
        (now,) = self.ec2.describe_network_acls(Filters=filters)["NetworkAcls"]
        if now["NetworkAclId"] == self.made[subnet.acl]:
            return
        (link,) = (each for each in now["Associations"] if each["SubnetId"] == made)
        self.ec2.replace_network_acl_association(
            AssociationId=link["NetworkAclAssociationId"], NetworkAclId=self.made[subnet.acl]
        )


_EVERYTHING = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


def _or(number: int | None) -> int:
    return ANY if number is None else number


def _entry(entry: Entry) -> dict[str, Any]:
    """Return an entry as the API takes it."""
    given: dict[str, Any] = {
        "RuleNumber": entry.number,
        "Egress": entry.way is Way.OUT,
        "RuleAction": "allow" if entry.allow else "deny",
        "Protocol": str(entry.protocol),
        "Ipv6CidrBlock" if entry.net.version == 6 else "CidrBlock": str(entry.net),
    }
    if entry.protocol in (ICMP, ICMPV6):
        given["IcmpTypeCode"] = {"Type": _or(entry.low), "Code": _or(entry.high)}
    elif entry.protocol in (TCP, UDP) and entry.low is not None and entry.high is not None:
        given["PortRange"] = {"From": entry.low, "To": entry.high}
    return given
