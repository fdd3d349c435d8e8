"""Which kinds of network resources a policy wants recorded beside VPCs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from checker.model.entity import Entity
from checker.model.finding import Json
from checker.model.known import Unknown
from checker.model.network import NatGateway
from checker.rules._rule import Context

KINDS: Final[Mapping[str, str]] = {
    "subnet": "subnets",
    "network-interface": "network_interfaces",
    "transit-gateway": "transit_gateways",
    "transit-gateway-attachment": "transit_gateway_attachments",
    "regional-nat-gateway": "nat_gateways",
}
"""Word in the policy and the part of the model."""

REQUIRE_SCHEMA: Final[Mapping[str, Json]] = {
    "type": "array",
    "items": {"enum": list(KINDS)},
    "uniqueItems": True,
}


def required(ctx: Context, rule_id: str) -> Iterator[Entity]:
    """Yield every VPC, and every further entity of a kind that the rule's parameters name for it."""
    yield from ctx.model.vpcs
    for word, part in KINDS.items():
        for entity in getattr(ctx.model, part):
            if isinstance(entity, NatGateway) and _zonal(entity):
                continue
            wanted = (ctx.params_for(rule_id, entity) or {}).get("require")
            if isinstance(wanted, list) and word in wanted:
                yield entity


def _zonal(gateway: NatGateway) -> bool:
    return not isinstance(gateway.availability_mode, Unknown) and gateway.availability_mode != "regional"
