"""What follows from arguments before the apply: ARNs from names, ids that are names, account, region, partition.

Deriving them gives equal things equal texts: the ARN in a bucket policy and the one a flow log delivers to.
Sources: AWS Service Authorization Reference (ARN formats), attribute lists of the Terraform AWS provider.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from checker.load.terraform.convert.resolve import Derived, Resolver, Settled, as_text
from checker.load.terraform.convert.sites import Site
from checker.load.terraform.convert.symbol import hole, join, known_or_symbol, template
from checker.model.arn import parse_arn, partition_of_region
from checker.model.known import Maybe, Unknown
from checker.model.record import replace


def region_of(resolver: Resolver, site: Site) -> Maybe[str]:
    """Return the region an instance lives in: its ``region`` argument (provider 6), else its provider's."""
    own = resolver.attribute(site, "region") if site.instance.type != "aws_region" else None
    if isinstance(own, str) and own:
        return own
    if isinstance(own, Unknown) and "region" in (site.instance.configured or ()):
        return own
    return _provider_fact(resolver, site, site.instance.provider_region, "region")


def account_of(resolver: Resolver, site: Site) -> Maybe[str]:
    """Return the account an instance is managed from."""
    return _provider_fact(resolver, site, site.instance.provider_account, "account")


def _provider_fact(resolver: Resolver, site: Site, fact: Maybe[str], name: str) -> Maybe[str]:
    """Return a fact of the provider configuration, else the same part of the instance's own ARN."""
    if not isinstance(fact, Unknown):
        return fact
    arn = site.instance.values.get("arn")
    parsed = parse_arn(arn) if isinstance(arn, str) else None
    foreign = not site.instance.managed and name == "account"
    if parsed is not None and not foreign:
        found = parsed.region if name == "region" else parsed.account
        if found:
            return found
    settled = resolver.settle(site.root, fact, site.key)
    return settled if isinstance(settled, (str, Unknown)) else fact


def partition_at(resolver: Resolver, site: Site) -> str:
    """Return the partition: the region's; ``aws`` where the region is not known."""
    region = region_of(resolver, site)
    if not isinstance(region, Unknown):
        return partition_of_region(region)
    arn = site.instance.values.get("arn")
    parsed = parse_arn(arn) if isinstance(arn, str) else None
    return parsed.partition if parsed is not None else "aws"


def _named(value: Maybe[str], site: Site, name: str) -> Maybe[str]:
    """Give an Unknown a symbol of its own, so that it can stand in a template."""
    if isinstance(value, Unknown) and value.symbol is None:
        return replace(value, symbol=hole(f"{site.key}.{name}"))
    return value


def _part(resolver: Resolver, site: Site, name: str) -> Maybe[str]:
    """Return an attribute as part of a text; unset counts as not known yet."""
    value = resolver.value(site, name)
    if not isinstance(value, Unknown) and value in (None, ""):
        return resolver.later(site, name)
    return _named(as_text(value), site, name)


def _arn(service: str, resource: str, *, regional: bool = True, name: str = "name") -> Derived:
    """Return the rule ``arn:<partition>:<service>:<region>:<account>:<resource><name>``."""

    def derive(resolver: Resolver, site: Site) -> Settled:
        region: Maybe[str] = _named(region_of(resolver, site), site, "region") if regional else ""
        account = _named(account_of(resolver, site), site, "account")
        start = f"arn:{partition_at(resolver, site)}:{service}:"
        return join(start, region, ":", account, f":{resource}", _part(resolver, site, name))

    return derive


def _iam_arn(kind: str) -> Derived:
    """Return the rule for IAM's ARNs: no region, and the path before the name."""

    def derive(resolver: Resolver, site: Site) -> Settled:
        path = resolver.attribute(site, "path")
        if not site.instance.managed and not isinstance(path, str):
            return None
        middle: Maybe[str] = path if isinstance(path, (str, Unknown)) and not _empty(path) else "/"
        account = _named(account_of(resolver, site), site, "account")
        start = f"arn:{partition_at(resolver, site)}:iam::"
        return join(start, account, f":{kind}", _named(middle, site, "path"), _part(resolver, site, "name"))

    return derive


def _empty(value: Maybe[str]) -> bool:
    return not isinstance(value, Unknown) and value == ""


def _bucket_arn(resolver: Resolver, site: Site) -> Settled:
    return join(f"arn:{partition_at(resolver, site)}:s3:::", _part(resolver, site, "bucket"))


def _same(name: str) -> Derived:
    """Return the rule "is the same as this other attribute"."""

    def derive(resolver: Resolver, site: Site) -> Settled:
        value = resolver.attribute(site, name)
        return value if isinstance(value, (str, Unknown)) else resolver.later(site, name)

    return derive


def _chosen(name: str) -> Derived:
    """Return the rule for a name that the provider makes up where the argument is null: it is never null itself."""

    def derive(resolver: Resolver, site: Site) -> Settled:
        raw = site.instance.values.get(name)
        unset = raw is None or (isinstance(raw, str) and not raw)
        return resolver.later(site, name) if unset else None

    return derive


def _provider(fact: Callable[[Resolver, Site], Maybe[str]]) -> Derived:
    """Return the rule for data sources that tell a fact of the provider configuration."""

    def derive(resolver: Resolver, site: Site) -> Settled:
        value = fact(resolver, site)
        return value if template(value) is not None else None

    return derive


def _alias_arn(resolver: Resolver, site: Site) -> Settled:
    return _arn("kms", "")(resolver, site)


def _alias_target(resolver: Resolver, site: Site) -> Settled:
    """Return the ARN of the key behind an alias: ``target_key_id`` may be its id or its ARN."""
    target = resolver.value(site, "target_key_id")
    text = template(target) if isinstance(target, (str, Unknown)) else None
    if text is None or text.startswith("arn:"):
        return target
    region = _named(region_of(resolver, site), site, "region")
    account = _named(account_of(resolver, site), site, "account")
    start = f"arn:{partition_at(resolver, site)}:kms:"
    return join(start, region, ":", account, ":key/", known_or_symbol(text, f"known after apply: key {text}"))


_NAMED_BY_BUCKET: Final = (
    "aws_s3_bucket",
    "data.aws_s3_bucket",
    "aws_s3_bucket_policy",
    "aws_s3_bucket_public_access_block",
    "aws_s3_bucket_server_side_encryption_configuration",
    "aws_s3_bucket_lifecycle_configuration",
    "aws_s3_bucket_versioning",
    "aws_s3_bucket_object_lock_configuration",
    "aws_s3_bucket_ownership_controls",
    "aws_s3_bucket_acl",
    "aws_s3_bucket_logging",
)

_NAME_MADE_UP: Final = (
    ("aws_s3_bucket", "bucket"),
    ("aws_cloudwatch_log_group", "name"),
    ("aws_iam_role", "name"),
    ("aws_iam_policy", "name"),
    ("aws_sns_topic", "name"),
    ("aws_security_group", "name"),
    ("aws_kms_alias", "name"),
)
"""Names that are made of a prefix, or at random, where the argument is null."""

DERIVED: Final[dict[tuple[str, str], Derived]] = {
    **{(kind, name): _chosen(name) for kind, name in _NAME_MADE_UP},
    **{(kind, "id"): _same("bucket") for kind in _NAMED_BY_BUCKET},
    ("aws_s3_bucket", "arn"): _bucket_arn,
    ("data.aws_s3_bucket", "arn"): _bucket_arn,
    ("aws_cloudwatch_log_group", "id"): _same("name"),
    ("aws_cloudwatch_log_group", "arn"): _arn("logs", "log-group:"),
    ("data.aws_cloudwatch_log_group", "id"): _same("name"),
    ("data.aws_cloudwatch_log_group", "arn"): _arn("logs", "log-group:"),
    ("aws_kinesis_firehose_delivery_stream", "arn"): _arn("firehose", "deliverystream/"),
    ("aws_kinesis_firehose_delivery_stream", "id"): _same("arn"),
    ("aws_kinesis_stream", "arn"): _arn("kinesis", "stream/"),
    ("aws_kinesis_stream", "id"): _same("arn"),
    ("aws_sns_topic", "arn"): _arn("sns", ""),
    ("aws_sns_topic", "id"): _same("arn"),
    ("aws_iam_role", "id"): _same("name"),
    ("aws_iam_role", "arn"): _iam_arn("role"),
    ("data.aws_iam_role", "id"): _same("name"),
    ("data.aws_iam_role", "arn"): _iam_arn("role"),
    ("aws_iam_policy", "arn"): _iam_arn("policy"),
    ("aws_iam_policy", "id"): _same("arn"),
    ("data.aws_iam_policy", "id"): _same("arn"),
    ("aws_kms_key", "id"): _same("key_id"),
    ("aws_kms_key", "arn"): _arn("kms", "key/", name="key_id"),
    ("aws_kms_alias", "id"): _same("name"),
    ("aws_kms_alias", "arn"): _alias_arn,
    ("aws_kms_alias", "target_key_arn"): _alias_target,
    ("data.aws_kms_alias", "arn"): _alias_arn,
    ("aws_vpc", "arn"): _arn("ec2", "vpc/", name="id"),
    ("aws_subnet", "arn"): _arn("ec2", "subnet/", name="id"),
    ("aws_security_group", "arn"): _arn("ec2", "security-group/", name="id"),
    ("aws_network_acl", "arn"): _arn("ec2", "network-acl/", name="id"),
    ("aws_flow_log", "arn"): _arn("ec2", "vpc-flow-log/", name="id"),
    ("aws_ec2_transit_gateway", "arn"): _arn("ec2", "transit-gateway/", name="id"),
    ("data.aws_caller_identity", "account_id"): _provider(account_of),
    ("data.aws_caller_identity", "id"): _provider(account_of),
    ("data.aws_region", "name"): _provider(region_of),
    ("data.aws_region", "region"): _provider(region_of),
    ("data.aws_region", "id"): _provider(region_of),
    ("data.aws_partition", "partition"): _provider(partition_at),
    ("data.aws_partition", "id"): _provider(partition_at),
}
"""Attribute by kind and name to the rule that gives it where its value is not known."""
