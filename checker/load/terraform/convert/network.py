"""VPCs, subnets and network interfaces."""

from __future__ import annotations

from collections.abc import Iterator

from checker.load.terraform.convert.common import World, common, exists_unknown
from checker.load.terraform.convert.values import Fields, as_prefix, ordered, prefixes
from checker.model.address import Prefix
from checker.model.known import Key, Maybe, Unknown
from checker.model.network import NetworkInterface, Subnet, Vpc

Prefixes = tuple[Maybe[Prefix], ...]


def vpcs(world: World) -> Iterator[Vpc]:
    """Yield the VPCs: managed, default, and read as data."""
    for fields in world.of("aws_vpc", "aws_default_vpc", "data.aws_vpc"):
        shared = common(fields)
        yield Vpc(
            **shared,
            cidrs=_vpc_cidrs(world, fields),
            owner=_owner(fields, shared["account"]),
            is_default=_is_default(fields),
        )


def _is_default(fields: Fields) -> Maybe[bool]:
    if fields.site.kind == "data.aws_vpc":
        return fields.flag("default", False, absent="computed")
    return fields.site.instance.type == "aws_default_vpc"


def _owner(fields: Fields, account: Maybe[str]) -> Maybe[str]:
    """Return the owner that AWS tells; a resource that is managed here, and new, belongs to the account."""
    owner = fields.text("owner_id", absent="computed")
    if isinstance(owner, str):
        return owner
    if fields.site.instance.managed:
        return account
    return owner if isinstance(owner, Unknown) else account


def _vpc_cidrs(world: World, fields: Fields) -> Prefixes:
    found: list[Maybe[Prefix | None]] = [
        fields.prefix("cidr_block", absent="computed"),
        _ipv6(fields, "assign_generated_ipv6_cidr_block", "ipv6_ipam_pool_id"),
    ]
    for kind in ("aws_vpc_ipv4_cidr_block_association", "aws_vpc_ipv6_cidr_block_association"):
        argument = "ipv6_cidr_block" if "ipv6" in kind else "cidr_block"
        satellites = world.satellites(kind, "vpc_id", "vpc")
        found += [_association(item, argument) for item in satellites.of(fields.site.key)]
        found.append(satellites.maybe(fields.site.key))
    found += _data_associations(fields)
    return prefixes(found)


def _association(fields: Fields, argument: str) -> Maybe[Prefix | None]:
    unsure = exists_unknown(fields)
    return fields.prefix(argument, absent="computed") if unsure is None else unsure


def _data_associations(fields: Fields) -> list[Maybe[Prefix | None]]:
    """Return all blocks that a data source tells; a managed VPC tells its first one only."""
    if fields.site.instance.managed:
        return []
    blocks = fields.blocks("cidr_block_associations", absent="computed")
    if isinstance(blocks, Unknown):
        return [blocks]
    return [block if isinstance(block, Unknown) else block.prefix("cidr_block") for block in blocks]


def _ipv6(fields: Fields, *causes: str) -> Maybe[Prefix | None]:
    """Return the IPv6 block; one not known yet exists only where something asks for it."""
    block = fields.prefix("ipv6_cidr_block", absent="computed")
    configured = fields.site.instance.configured
    if not isinstance(block, Unknown) or not fields.site.instance.managed or configured is None:
        return block
    asked = "ipv6_cidr_block" in configured or any(_asks(fields, cause) for cause in causes)
    return block if asked else None


def _asks(fields: Fields, name: str) -> bool:
    """Say whether an argument may be set; false and null are not set."""
    value = fields.text(name)
    return isinstance(value, Unknown) or value not in (None, "false")


def subnets(world: World) -> Iterator[Subnet]:
    """Yield the subnets: managed, default, and read as data."""
    for fields in world.of("aws_subnet", "aws_default_subnet", "data.aws_subnet"):
        shared = common(fields)
        yield Subnet(
            **shared,
            vpc=fields.required_key("vpc_id", "vpc"),
            cidrs=prefixes([_subnet_ipv4(fields), _ipv6(fields, "ipv6_ipam_pool_id", "ipv6_netmask_length")]),
            availability_zone=fields.text("availability_zone", absent="computed"),
            owner=_owner(fields, shared["account"]),
        )


def _subnet_ipv4(fields: Fields) -> Maybe[Prefix | None]:
    """An IPv6-only subnet has no IPv4 block."""
    if fields.site.kind == "aws_subnet" and not _asks(fields, "ipv4_ipam_pool_id"):
        return fields.prefix("cidr_block")
    return fields.prefix("cidr_block", absent="computed")


def network_interfaces(world: World) -> Iterator[NetworkInterface]:
    """Yield the interfaces, and the primary interface of each instance that tells its id."""
    types = _instance_types(world)
    for fields in world.of("aws_network_interface", "data.aws_network_interface"):
        subnet = fields.required_key("subnet_id", "subnet")
        shared = common(fields)
        yield NetworkInterface(
            **shared,
            vpc=_interface_vpc(world, fields, subnet),
            subnet=subnet,
            security_groups=_groups(world, fields, _interface_vpc(world, fields, subnet)),
            private_ips=_private_ips(fields),
            delegated=_delegated(fields),
            interface_type=_interface_type(fields),
            requester_managed=_requester_managed(fields),
            description=fields.text("description"),
            instance_type=_instance_type(fields, types),
        )
    yield from _primary_interfaces(world)


def _interface_type(fields: Fields) -> Maybe[str]:
    if not fields.site.instance.managed:
        return fields.required("interface_type")
    return fields.text_or("interface_type", "interface", absent="configured")


def _requester_managed(fields: Fields) -> Maybe[bool]:
    if fields.site.instance.managed:
        return False
    return Unknown(f"{fields.site.instance.address} does not tell who manages the interface")


def _interface_vpc(world: World, fields: Fields, subnet: Maybe[Key]) -> Maybe[Key]:
    """Return the VPC: its own attribute (data sources), else that of the subnet."""
    if fields.has("vpc_id") and not fields.site.instance.managed:
        return fields.required_key("vpc_id", "vpc")
    if isinstance(subnet, Unknown):
        return Unknown(f"the subnet is not known: {subnet.reason}")
    home = world.at(subnet)
    return home.required_key("vpc_id", "vpc") if home else Unknown(f"the VPC of {subnet} is not in the input")


def _groups(world: World, fields: Fields, vpc: Maybe[Key]) -> Maybe[tuple[Maybe[Key], ...]]:
    """Return the security groups: its own, those attached to it, else the VPC's default group."""
    groups = fields.keys("security_groups", "security_group", absent="configured")
    attached = world.satellites("aws_network_interface_sg_attachment", "network_interface_id", "interface")
    more = tuple(item.required_key("security_group_id", "security_group") for item in attached.of(fields.site.key))
    if isinstance(groups, Unknown):
        return groups
    maybe = attached.maybe(fields.site.key)
    if not groups and fields.site.instance.managed:
        groups = (_default_group(world, fields, vpc),)
    return ordered((*(groups or ()), *more, *((maybe,) if maybe else ())))


def _default_group(world: World, fields: Fields, vpc: Maybe[Key]) -> Maybe[Key]:
    home = None if isinstance(vpc, Unknown) else world.at(vpc)
    if home is None:
        return Unknown(f"{fields.site.instance.address} takes the default security group of its VPC")
    return home.required_key("default_security_group_id", "security_group")


def _private_ips(fields: Fields) -> Maybe[tuple[Maybe[str], ...]]:
    """Return all addresses, the primary one first."""
    first = fields.text("private_ip", absent="computed")
    listed = fields.texts("private_ip_list" if fields.has("private_ip_list") else "private_ips", absent="computed")
    if isinstance(listed, Unknown) or not listed:
        return listed if isinstance(listed, Unknown) else Unknown("addresses are assigned at apply")
    ipv6 = fields.texts("ipv6_addresses", absent="configured")
    if isinstance(ipv6, Unknown):
        return ipv6
    if isinstance(first, Unknown) or first is None:
        first = listed[0] if len(listed) == 1 else None
    rest = tuple(ip for ip in ordered((*listed, *(ipv6 or ()))) if isinstance(ip, Unknown) or ip != first)
    return (first, *rest) if first is not None and not isinstance(first, Unknown) else rest


def _delegated(fields: Fields) -> Maybe[Prefixes]:
    """Return the prefixes that are delegated to an interface."""
    found: list[Maybe[Prefix | None]] = []
    for name in ("ipv4_prefixes", "ipv6_prefixes"):
        listed = fields.texts(name, absent="configured")
        if isinstance(listed, Unknown):
            return listed
        found += [each if isinstance(each, Unknown) else as_prefix(each) for each in listed or ()]
    return prefixes(found)


def _instance_types(world: World) -> dict[Key, Maybe[str]]:
    """Return the type of the instance that each interface is attached to by another resource."""
    found: dict[Key, Maybe[str]] = {}
    for fields in world.of("aws_network_interface_attachment"):
        interface = fields.required_key("network_interface_id", "interface")
        if not isinstance(interface, Unknown):
            found[interface] = _type_of(world, fields.required_key("instance_id", "instance"))
    for fields in world.of("aws_instance"):
        blocks = [fields.blocks("network_interface"), fields.blocks("primary_network_interface")]
        for block in (block for part in blocks if not isinstance(part, Unknown) for block in part):
            key = block if isinstance(block, Unknown) else block.key("network_interface_id", "interface")
            if isinstance(key, str):
                found[key] = fields.required("instance_type")
    return found


def _type_of(world: World, instance: Maybe[Key]) -> Maybe[str]:
    if isinstance(instance, Unknown):
        return instance
    fields = world.at(instance)
    return fields.required("instance_type") if fields else Unknown(f"the type of {instance} is not in the input")


def _instance_type(fields: Fields, types: dict[Key, Maybe[str]]) -> Maybe[str | None]:
    if fields.site.key in types:
        return types[fields.site.key]
    blocks = fields.blocks("attachment")
    if isinstance(blocks, Unknown):
        return blocks
    for block in blocks:
        if isinstance(block, Unknown):
            return block
        argument = "instance" if block.has("instance") else "instance_id"
        instance = block.required_key(argument, "instance")
        site = None if isinstance(instance, Unknown) else fields.resolver.sites.get(instance)
        if site is None:
            return Unknown(f"{fields.site.instance.address} is attached to an instance outside the input")
        return Fields(fields.resolver, fields.index, site, site.instance.values).required("instance_type")
    return None


def _primary_interfaces(world: World) -> Iterator[NetworkInterface]:
    """Yield the primary interface of an instance whose id the state tells and no resource manages."""
    for fields in world.of("aws_instance"):
        eni = fields.text("primary_network_interface_id", absent="computed")
        if not isinstance(eni, str) or isinstance(world.index.find("interface", eni, fields.site), Unknown):
            continue
        key = f"{fields.site.key}#primary"
        if world.index.find("interface", eni, fields.site) != key:
            continue
        subnet = fields.required_key("subnet_id", "subnet")
        shared = common(fields, key=key, id_="primary_network_interface_id", arn=None)
        shared["type"] = "aws_network_interface"
        groups = fields.keys("vpc_security_group_ids", "security_group", absent="computed")
        address = fields.text("private_ip", absent="computed")
        yield NetworkInterface(
            **shared,
            vpc=_interface_vpc(world, fields, subnet),
            subnet=subnet,
            security_groups=() if groups is None else groups,
            private_ips=address if isinstance(address, Unknown) else ((address,) if address else ()),
            interface_type="interface",
            requester_managed=False,
            description=None,
            instance_type=fields.required("instance_type"),
        )


def register_primary_interfaces(world: World) -> None:
    """Let the ids of primary interfaces be found, before anything refers to them."""
    for fields in world.of("aws_instance"):
        eni = fields.text("primary_network_interface_id", absent="computed")
        if isinstance(eni, str):
            world.index.add_text("interface", eni, f"{fields.site.key}#primary")
