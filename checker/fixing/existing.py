"""Resources of which there is one for each thing: where it is declared already, that one is changed."""

from __future__ import annotations

from typing import Final

from checker.fixing.change import Change, dedented, merge_nested, set_value
from checker.fixing.edit import drop_block
from checker.fixing.landing import landing
from checker.fixing.lift import REFERENCE
from checker.fixing.model import CannotFix
from checker.fixing.places import Path_, Spot
from checker.fixing.policies import add_statements
from checker.fixing.written import Written

SINGLE: Final = {
    "aws_s3_bucket_public_access_block": "bucket",
    "aws_s3_bucket_policy": "bucket",
    "aws_s3_bucket_lifecycle_configuration": "bucket",
    "aws_s3_bucket_server_side_encryption_configuration": "bucket",
    "aws_s3_bucket_versioning": "bucket",
    "aws_s3_bucket_object_lock_configuration": "bucket",
    "aws_kms_key_policy": "key_id",
    "aws_default_security_group": "vpc_id",
    "aws_default_network_acl": "default_network_acl_id",
}
"""The argument that names the thing. Source: provider documentation of each."""

_RULES: Final = ("ingress", "egress")


def there(change: Change, written: Written, path: Path_) -> Spot | None:
    """Return the block that already does for a thing what a remediation adds."""
    type_, _ = written.name
    block = written.block()
    argument = block.argument(SINGLE[type_]) if type_ in SINGLE else None
    if argument is None:
        return None
    owner = _owner(written.text[argument.value : argument.end])
    for spot in change.places.blocks(path):
        own = spot.block.argument(SINGLE[type_]) if spot.block.labels[:1] == (type_,) else None
        if own is not None and owner is not None and _owner(change.places.value(spot, own)) == owner:
            return spot
    return None


def _owner(expression: str) -> tuple[str, str] | None:
    found = REFERENCE.search(expression)
    return (found["type"], found["name"]) if found else None


def change_there(change: Change, written: Written, spot: Spot, others: list[Written]) -> None:
    """Change a block that exists so that it does what a remediation would add; ``others`` came with it."""
    type_ = written.name[0]
    if type_ in ("aws_s3_bucket_policy", "aws_kms_key_policy"):
        add_statements(change, spot, written, others)
    elif type_ == "aws_s3_bucket_lifecycle_configuration":
        _keep_longer(change, spot, written)
    elif type_.startswith("aws_default_"):
        _close(change, spot)
    else:
        block = written.block()
        for argument in block.arguments:
            if argument.name != SINGLE[type_]:
                fresh = _fresh(change, spot)
                set_value(
                    change, fresh, fresh.block, argument.name, written.text[argument.value : argument.end],
                    written.module,
                )  # fmt: skip
        for nested in block.blocks:
            fresh = _fresh(change, spot)
            merge_nested(change, fresh, fresh.block, nested, written.text)


def _fresh(change: Change, spot: Spot) -> Spot:
    return change.places.need(spot.module, spot.block.type, *spot.block.labels)


def _keep_longer(change: Change, spot: Spot, written: Written) -> None:
    """Lengthen the expirations that are too short, or add a rule where none expires."""
    rule = written.block().blocks[0]
    days = rule.nested("expiration")[0].argument("days")
    least = int(written.text[days.value : days.end]) if days else 0
    kept = False
    for at in range(len(spot.block.nested("rule"))):
        fresh = _fresh(change, spot)
        expiration = fresh.block.nested("rule")[at].nested("expiration")
        if not expiration or expiration[0].argument("days") is None:
            continue
        kept = True
        now = landing(change.places, fresh, expiration[0], "days").now(change.places)
        if now is None or not now.isdecimal() or int(now) < least:
            set_value(change, fresh, expiration[0], "days", str(least))
    if not kept:
        fresh = _fresh(change, spot)
        if fresh.block.dynamic("rule"):
            raise CannotFix(f"its rules are made by a dynamic block ({fresh.where(change.places.files)})")
        from checker.fixing.edit import add_nested

        rules = fresh.block.nested("rule")
        add_nested(change, fresh, dedented(written.text, rule), after=rules[-1] if rules else None)


def _close(change: Change, spot: Spot) -> None:
    """Take all rules out of a default group or ACL."""
    from checker.fixing.edit import put

    for way in _RULES:
        if spot.block.dynamic(way):
            raise CannotFix(f"its rules are made by a dynamic block ({spot.where(change.places.files)})")
    while True:
        fresh = _fresh(change, spot)
        nested = [each for way in _RULES for each in fresh.block.nested(way)]
        if not nested:
            break
        drop_block(change, fresh, nested[0])
    for way in _RULES:
        fresh = _fresh(change, spot)
        argument = fresh.block.argument(way)
        if argument is not None and change.places.value(fresh, argument) != "[]":
            put(change, fresh, argument.value, argument.end, "[]", f"{way} = []")
