"""Instances by hand, as short as a test wants them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from checker.load.terraform.convert import build_model
from checker.load.terraform.instance import Instance, Ref, TerraformRoot, Text, Value
from checker.model.known import Maybe, Unknown
from checker.model.loaded import Input
from checker.model.model import NetworkModel
from checker.model.origin import Origin, Source

REGION = "eu-west-1"
ACCOUNT = "111122223333"


def instance(
    address: str,
    values: Mapping[str, Value] | None = None,
    *,
    configured: Iterable[str] | None = (),
    region: Maybe[str] = REGION,
    account: Maybe[str] = ACCOUNT,
    source: Source = Source.PLAN,
    exists: Maybe[bool] = True,
    assumed: Mapping[str, str] | None = None,
) -> Instance:
    """Return one instance. ``configured`` takes further names beside those in ``values``; None for no configuration."""
    module, managed, type_, name, index = _taken_apart(address)
    given = dict(values or {})
    return Instance(
        address=address,
        module=module,
        managed=managed,
        type=type_,
        name=name,
        index=index,
        values=given,
        configured=None if configured is None else frozenset({*given, *configured}),
        provider_region=region,
        provider_account=account,
        origin=Origin(source=source, address=address, managed=managed),
        exists=exists,
        assumed=assumed or {},
    )


def _taken_apart(address: str) -> tuple[str, bool, str, str, int | str | None]:
    found = re.fullmatch(r"(module\.\S+?\.)?(data\.)?(aws_\w+)\.(\w+)(?:\[(.+)\])?", address)
    assert found is not None, address
    module, data, type_, name, key = found.groups()
    index = None if key is None else (int(key) if key.isdecimal() else key.strip('"'))
    return (module or "").removesuffix("."), data is None, type_, name, index


def root(*after: Instance, before: Iterable[Instance] | None = None, label: str = "", **more: object) -> TerraformRoot:
    """Return a root that holds some instances."""
    settings: dict[str, object] = {"changes": (), "gaps": (), "unread": (), "inline_waivers": (), **more}
    return TerraformRoot(
        label=label,
        after=tuple(after),
        before=None if before is None else tuple(before),
        input=Input(kind="plan", path=label or "plan.json"),
        **settings,  # type: ignore[arg-type]
    )


def model(*after: Instance) -> NetworkModel:
    """Return the model of one root."""
    return build_model([root(*after)], "after")


def ref(text: str) -> Ref:
    """Return the reference that Terraform writes so: ``aws_vpc.main.id``."""
    address, _, attribute = text.rpartition(".")
    return Ref(address, (attribute,))


def template(*parts: str | Ref | Unknown) -> Text:
    """Return a string template."""
    return Text(tuple(parts))


def symbol(value: object) -> str | None:
    """Return the symbol of a value that must be unknown."""
    assert isinstance(value, Unknown), value
    return value.symbol
