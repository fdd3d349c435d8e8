"""Security groups and network ACLs: what is open to the world, what never acts, what cannot answer."""

from __future__ import annotations

from typing import Any

from tests.e2e.live import pieces
from tests.e2e.live.world import World

WORLD = "0.0.0.0/0"


def build(world: World) -> None:
    world.words = ["--region", "us-east-1"]
    world.clear()
    role, group = pieces.role(world, "flow-logs"), pieces.group(world, "/vpc/flow")
    vpc = pieces.vpc(world, "net", subnets=0)
    pieces.flow_log(world, "net.log", vpc, group, role=role)
    _groups(world, vpc)
    open_default = world.name("open", world.client("ec2").create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"])
    pieces.flow_log(world, "open.log", open_default, group, role=role)
    _acls(world, vpc)
    world.name_the_rest()


def _groups(world: World, vpc: str) -> None:
    ec2 = world.client("ec2")
    lists = {}
    for name, cidrs in (("list-world", [WORLD]), ("list-inside", ["10.0.0.0/8", "192.168.0.0/16"])):
        entries = [{"Cidr": cidr} for cidr in cidrs]
        made = ec2.create_managed_prefix_list(PrefixListName=name, AddressFamily="IPv4", MaxEntries=5, Entries=entries)
        lists[name] = made["PrefixList"]["PrefixListId"]

    def sg(name: str, *permissions: dict[str, Any]) -> str:
        group: str = ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
        world.name(name, group)
        if permissions:
            ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=list(permissions))
        return group

    def port(number: int, *cidrs: str, to: int | None = None, protocol: str = "tcp") -> dict[str, Any]:
        six = [{"CidrIpv6": cidr} for cidr in cidrs if ":" in cidr]
        four = [{"CidrIp": cidr} for cidr in cidrs if "." in cidr]
        named = [{"PrefixListId": lists[cidr]} for cidr in cidrs if cidr in lists]
        ports = {} if protocol == "-1" else {"FromPort": number, "ToPort": to or number}
        given = {"IpProtocol": protocol, **ports, "IpRanges": four, "Ipv6Ranges": six, "PrefixListIds": named}
        return {name: value for name, value in given.items() if value != []}

    sg("sg-ssh-world", port(22, WORLD))
    sg("sg-ssh-halves", port(22, "0.0.0.0/1", "128.0.0.0/1"))
    sg("sg-ssh-halves-in-two-rules", port(22, "0.0.0.0/1"), port(20, "128.0.0.0/1", to=30))
    sg("sg-ssh-one-half", port(22, "0.0.0.0/1"))
    sg("sg-ssh-eighth", port(22, "52.0.0.0/8"))
    sg("sg-ssh-less-than-an-eighth", port(22, "52.0.0.0/9", "54.0.0.0/10"))
    sg("sg-rdp-ipv6", port(3389, "::/0"))
    sg("sg-list-world", port(22, "list-world"))
    sg("sg-list-inside", port(22, "list-inside"))
    sg("sg-all-world", port(0, WORLD, protocol="-1"))
    sg("sg-range-world", port(0, WORLD, to=65535))
    sg("sg-https-world", port(443, WORLD))
    sg("sg-ssh-inside", port(22, "10.0.0.0/8"))
    sg("sg-nothing")
    other = sg("sg-source")
    pair = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "UserIdGroupPairs": [{"GroupId": other}]}
    sg("sg-ssh-from-group", pair)


def _acls(world: World, vpc: str) -> None:
    ec2 = world.client("ec2")
    inside = "10.0.0.0/16"

    def acl(name: str, *entries: tuple[bool, int, str, str, tuple[int, int] | None]) -> str:
        made: str = world.name(name, ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"])
        for egress, number, action, cidr, ports in entries:
            more = {"PortRange": {"From": ports[0], "To": ports[1]}} if ports else {}
            ec2.create_network_acl_entry(NetworkAclId=made, Egress=egress, RuleNumber=number, RuleAction=action,
                                         CidrBlock=cidr, Protocol="6" if ports else "-1", **more)  # fmt: skip
        return made

    everything_out = (True, 100, "allow", WORLD, None)
    acl("acl-inside", (False, 100, "allow", inside, None), (True, 100, "allow", inside, None))
    acl("acl-ssh-world", (False, 100, "allow", WORLD, (22, 22)), everything_out)
    acl("acl-ssh-denied-first", (False, 90, "deny", WORLD, (22, 22)), (False, 95, "deny", WORLD, (3389, 3389)),
        (False, 100, "allow", WORLD, (22, 22)), everything_out)  # fmt: skip
    acl("acl-ssh-denied-too-late", (False, 100, "allow", WORLD, (22, 22)), (False, 110, "deny", WORLD, (22, 22)),
        everything_out)  # fmt: skip
    acl("acl-shadowed-same", (False, 100, "allow", inside, (443, 443)),
        (False, 110, "allow", "10.0.1.0/24", (443, 443)), everything_out)  # fmt: skip
    acl("acl-not-shadowed", (False, 100, "allow", "10.0.1.0/24", (443, 443)),
        (False, 110, "deny", inside, (443, 443)), everything_out)  # fmt: skip
    acl("acl-no-return", (False, 100, "allow", inside, (443, 443)), (True, 100, "allow", inside, (443, 443)))
    acl("acl-return", (False, 100, "allow", inside, (443, 443)), (True, 100, "allow", inside, (1024, 65535)))
    acl("acl-nothing")

    # A group whose rule the ACL of its only subnet makes dead, and one beside it that lives.
    closed = acl("acl-443-only", (False, 100, "allow", inside, (443, 443)), everything_out)
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.5.0/24")["Subnet"]["SubnetId"]
    world.name("subnet-443", subnet)
    acls = ec2.describe_network_acls(Filters=[{"Name": "association.subnet-id", "Values": [subnet]}])["NetworkAcls"]
    association = next(one for one in acls[0]["Associations"] if one["SubnetId"] == subnet)
    ec2.replace_network_acl_association(AssociationId=association["NetworkAclAssociationId"], NetworkAclId=closed)
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    for name, number in (("sg-dead", 8080), ("sg-alive", 443)):
        group = world.name(name, ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"])
        ranges = [{"CidrIp": "10.0.6.0/24"}]  # not the subnet's own: inside a subnet no ACL stands in the way
        permission = {"IpProtocol": "tcp", "FromPort": number, "ToPort": number, "IpRanges": ranges}
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])
        ec2.run_instances(ImageId=image, SubnetId=subnet, SecurityGroupIds=[group], MinCount=1, MaxCount=1)
