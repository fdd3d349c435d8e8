"""Which entity a text names: ids, ARNs and names, known or symbolic, to keys of the model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from checker.load.terraform.convert.canonical import account_of, region_of
from checker.load.terraform.convert.resolve import Resolver, as_text
from checker.load.terraform.convert.sites import Site
from checker.load.terraform.convert.symbol import known_or_symbol, parse_template_arn, template, unmask
from checker.model.arn import bucket_and_prefix, log_group_arn
from checker.model.known import Key, Maybe, Unknown, may_equal
from checker.model.record import dataclass


@dataclass(frozen=True, slots=True)
class Family:
    """Types whose instances are the same sort of thing, and the attributes that name one."""

    types: tuple[str, ...]
    unique: tuple[str, ...] = ("id", "arn")
    """Attributes whose value belongs to one thing in the world."""
    name: str | None = None
    """Attribute that names one thing within an account and region (or account, or partition)."""


FAMILIES: Final[Mapping[str, Family]] = {
    "vpc": Family(("aws_vpc", "aws_default_vpc")),
    "subnet": Family(("aws_subnet", "aws_default_subnet")),
    "interface": Family(("aws_network_interface",)),
    "instance": Family(("aws_instance",)),
    "security_group": Family(("aws_security_group", "aws_default_security_group")),
    "network_acl": Family(("aws_network_acl", "aws_default_network_acl")),
    "prefix_list": Family(("aws_ec2_managed_prefix_list", "aws_prefix_list"), name="name"),
    "route_table": Family(("aws_route_table", "aws_default_route_table")),
    "internet_gateway": Family(("aws_internet_gateway",)),
    "nat_gateway": Family(("aws_nat_gateway",)),
    "transit_gateway": Family(("aws_ec2_transit_gateway",)),
    "attachment": Family(
        (
            "aws_ec2_transit_gateway_vpc_attachment",
            "aws_ec2_transit_gateway_peering_attachment",
            "aws_ec2_transit_gateway_connect",
            "aws_ec2_transit_gateway_vpc_attachment_accepter",
            "aws_ec2_transit_gateway_peering_attachment_accepter",
            "aws_ec2_transit_gateway_attachment",
            "aws_ec2_transit_gateway_vpn_attachment",
            "aws_ec2_transit_gateway_dx_gateway_attachment",
        )
    ),
    "log_group": Family(("aws_cloudwatch_log_group",), unique=("arn",), name="name"),
    "bucket": Family(("aws_s3_bucket",), unique=("arn",), name="bucket"),
    "delivery_stream": Family(("aws_kinesis_firehose_delivery_stream",), unique=("arn",), name="name"),
    "role": Family(("aws_iam_role",), unique=("arn",), name="name"),
    "iam_policy": Family(("aws_iam_policy",), unique=("arn",)),
    "kms_key": Family(("aws_kms_key", "aws_kms_external_key", "aws_kms_replica_key"), unique=("arn", "key_id")),
    "kms_alias": Family(("aws_kms_alias",), unique=("arn",), name="name"),
    "topic": Family(("aws_sns_topic",), unique=("arn",)),
}

_FAMILY_OF: Final = {type_: name for name, family in FAMILIES.items() for type_ in family.types}
"""Family by Terraform type."""


class Index:
    """Finds entities by the texts that name them."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._unique: dict[tuple[str, str], Key] = {}
        self._named: dict[tuple[str, str], list[Key]] = {}
        self.merged: set[Key] = set()
        """Keys of instances that stand for an entity of another instance."""
        self._ready: set[str] = set()
        """Families whose texts were gathered."""
        self._further: dict[str, list[Callable[[], None]]] = {}

    def further(self, family: str, tell: Callable[[], None]) -> None:
        """Have further texts of a family told with ``add_text``, once its own are gathered and something asks."""
        self._further.setdefault(family, []).append(tell)

    def gather(self) -> None:
        """Gather the texts of all families now where instances may stand for each other's entities.

        That is so for data sources and for several roots. Everywhere else a family is gathered when it is first asked
        for, since no other family depends on it.
        """
        kinds = self._resolver.sites.kinds
        data = any(kind.startswith("data.") and kind.removeprefix("data.") in _FAMILY_OF for kind in kinds)
        if data or len(self._resolver.sites.roots) > 1:
            self._gather(kind for kind in kinds if kind.removeprefix("data.") in _FAMILY_OF)
            self._ready.update(FAMILIES)
            for family in (*FAMILIES, *self._further):
                self._tell(family)

    def _gather(self, kinds: Iterable[str]) -> None:
        sites = [site for kind in kinds for site in self._resolver.sites.of(kind)]
        for site in sorted(sites, key=lambda site: (not site.instance.managed, site.key)):
            self._add(site)

    def _tell(self, family: str) -> None:
        self._ready.add(family)
        for tell in self._further.pop(family, ()):
            tell()

    def _add(self, site: Site) -> None:
        name = _FAMILY_OF[site.instance.type]
        family = FAMILIES[name]
        texts = [text for attribute in family.unique for text in self._texts(site, attribute)]
        key = next((self._unique[name, text] for text in texts if self._same_thing(site, name, text)), None)
        if key is None and not site.instance.managed and family.name is not None:
            key = self._named_like(site, name, family.name)
        if key is not None:
            self.merged.add(site.key)
            self._resolver.aliases[site.key] = key
        for text in texts:
            self._unique.setdefault((name, text), key or site.key)
        if family.name is not None and key is None:
            for text in self._texts(site, family.name):
                self._named.setdefault((name, text), []).append(site.key)

    def _texts(self, site: Site, attribute: str) -> list[str]:
        value = self._resolver.value(site, attribute)
        text = template(value) if isinstance(value, (str, Unknown)) else None
        return [text] if text else []

    def _same_thing(self, site: Site, family: str, text: str) -> bool:
        """A data source reads what the text names; two managed instances are one only across roots."""
        first = self._unique.get((family, text))
        if first is None:
            return False
        return not site.instance.managed or self._resolver.sites[first].root != site.root

    def _named_like(self, site: Site, family: str, attribute: str) -> Key | None:
        """Return the one entity that a data source's name can mean."""
        keys = [key for text in self._texts(site, attribute) for key in self._named.get((family, text), [])]
        near = [
            key for key in keys if self._near(key, account_of(self._resolver, site), region_of(self._resolver, site))
        ]
        return near[0] if len(near) == 1 else None

    def add_text(self, family: str, text: Maybe[str], key: Key) -> None:
        """Let a further text name an entity: an id that another resource tells."""
        known = template(text)
        if known:
            self._unique.setdefault((family, known), key)

    def find(self, family: str, value: Maybe[str | None], site: Site) -> Maybe[Key | None]:
        """Return the key of the entity that a value of ``site`` names.

        A known text that names nothing in the model is returned as it is: the key of something outside. An unknown
        one stays Unknown unless its symbol names an entity.
        """
        if value is None:
            return None
        if family not in self._ready:
            self._ready.add(family)
            self._gather(FAMILIES[family].types if family in FAMILIES else ())
            self._tell(family)
        text = template(value)
        key = self._lookup(family, text, site) if text else None
        if isinstance(key, tuple):
            return Unknown(f"several entities are named {text}", among=key)
        if key is not None:
            return key
        return value

    def _lookup(self, family: str, text: str, site: Site) -> Key | tuple[Key, ...] | None:
        found = self._unique.get((family, text)) or self._unique.get((family, log_group_arn(text)))
        if found is not None:
            return self._resolver.aliases.get(found, found)
        account, region, name = self._name_in(text, site)
        keys = [key for key in self._named.get((family, name), []) if self._near(key, account, region)]
        if len(keys) > 1:
            keys = [key for key in keys if self._resolver.sites[key].root == site.root] or keys
        if len(keys) > 1:
            return tuple(sorted(keys))
        return keys[0] if keys else None

    def _name_in(self, text: str, site: Site) -> tuple[Maybe[str], Maybe[str], str]:
        """Return account, region and name of what an ARN or a bare name of ``site`` means."""
        arn = parse_template_arn(log_group_arn(text))
        if arn is None:
            return account_of(self._resolver, site), region_of(self._resolver, site), text
        if arn.service == "s3":
            bucket, _ = bucket_and_prefix(arn.resource)
            return Unknown("an S3 ARN has no account"), Unknown("an S3 ARN has no region"), unmask(bucket)
        name = arn.resource_name.rpartition("/")[2] if arn.service == "iam" else arn.resource_name
        account = known_or_symbol(unmask(arn.account), "account of the ARN")
        region = known_or_symbol(unmask(arn.region), "region of the ARN")
        return _or_anywhere(account), _or_anywhere(region), unmask(name)

    def _near(self, key: Key, account: Maybe[str], region: Maybe[str]) -> bool:
        """Say whether an entity can lie in this account and region: both unknown or equal."""
        site = self._resolver.sites[key]
        pairs: Iterable[tuple[Maybe[str], Maybe[str]]] = [(account_of(self._resolver, site), account)]
        if site.instance.type not in ("aws_iam_role", "aws_s3_bucket"):
            pairs = [*pairs, (region_of(self._resolver, site), region)]
        return all(may_equal(mine, theirs) for mine, theirs in pairs)


def _or_anywhere(value: Maybe[str]) -> Maybe[str]:
    return value if isinstance(value, Unknown) or value else Unknown("not part of the ARN")


def text_of(resolver: Resolver, site: Site, name: str) -> Maybe[str | None]:
    """Return an attribute as text, None when it is unset."""
    value = resolver.value(site, name)
    if isinstance(value, Unknown):
        return value
    return as_text(value) if value not in (None, "") else None
