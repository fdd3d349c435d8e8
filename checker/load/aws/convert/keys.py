"""KMS keys that something names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from checker.load.aws.call import Reply
from checker.load.aws.convert.policies import key_arn, parse_document
from checker.load.aws.convert.row import Row, then
from checker.load.aws.convert.world import World
from checker.model.arn import parse_arn
from checker.model.entity import Tags
from checker.model.identity import KmsKey
from checker.model.known import Key, Maybe, Unknown

_TYPE: Final = "aws_kms_key"
_DELETING: Final = ("PendingDeletion", "PendingReplicaDeletion")
_USABLE: Final = ("Enabled", "Updating")
"""Source: KMS ``KeyState``."""
_BY_CUSTOMER: Final = "CUSTOMER"
_MORE_ALIASES: Final = Unknown("there may be further aliases: kms:ListAliases is not called")


def kms_keys(world: World) -> Iterator[KmsKey]:
    """Yield the keys that were looked for, each once under its ARN, whatever named it.

    One that is not there is noted as absent; one that cannot be read is there with nothing known but why.
    """
    read: dict[Key, list[tuple[Reply, Row]]] = {}
    unread: dict[Key, Reply] = {}
    for reply in world.replies.of("kms", "DescribeKey"):
        name = key_arn(reply.request.resource or "", reply.request.account, reply.request.region)
        answer = world.answer(reply)
        row = answer.row("KeyMetadata") if isinstance(answer, Row) else None
        arn = row.required("Arn") if isinstance(row, Row) else None
        if isinstance(row, Row) and isinstance(arn, str):
            read.setdefault(arn, []).append((reply, row))
        elif isinstance(name, str) and world.is_gone(reply):
            world.note_gone(_TYPE, name, reply)
        elif isinstance(name, str):
            unread.setdefault(name, reply)
    for arn, found in read.items():
        yield _key(world, arn, found)
    for name, reply in unread.items():
        if name not in read:
            yield _unseen(world, reply, name)


def _unseen(world: World, reply: Reply, name: Key) -> KmsKey:
    why = world.why(reply)
    return KmsKey(
        **world.unseen(reply, name, _TYPE, why, id_=why),
        enabled=why,
        deletion_pending=why,
        policy=why,
        aliases=(why,),
        customer_managed=why,
        rotation_enabled=why,
    )


def _key(world: World, arn: Key, found: list[tuple[Reply, Row]]) -> KmsKey:
    """Return a key from its owner's answer where there is one: others may not read its policy."""
    parsed = parse_arn(arn)
    owner = "" if parsed is None else parsed.account
    reply, row = next(((reply, row) for reply, row in found if reply.request.account == owner), found[0])
    place = (reply.request.account, reply.request.region, "kms")
    state, manager = row.text("KeyState"), row.required("KeyManager")
    policy = world.detail(*place, "GetKeyPolicy", arn)
    by_customer = then(manager, lambda word: word == _BY_CUSTOMER)
    key_id = row.text("KeyId")
    return KmsKey(
        **world.common(
            row, arn, _TYPE, id_=arn if key_id is None else key_id, arn=arn,
            tags=_tags(world.detail(*place, "ListResourceTags", arn)),
        ),
        enabled=_enabled(row, state),
        deletion_pending=row.odd("KeyState", "there") if state is None else then(state, lambda word: word in _DELETING),
        policy=parse_document(policy.values.get("Policy"), f"policy of {arn}") if isinstance(policy, Row) else policy,
        aliases=_aliases(found),
        customer_managed=by_customer,
        rotation_enabled=_rotation(by_customer, world.detail(*place, "GetKeyRotationStatus", arn)),
    )  # fmt: skip


def _enabled(row: Row, state: Maybe[str | None]) -> Maybe[bool]:
    return row.flag("Enabled", None) if state is None else then(state, lambda word: word in _USABLE)


def _aliases(found: list[tuple[Reply, Row]]) -> tuple[Maybe[str], ...]:
    """Return the aliases by which the key was asked for; there may be others."""
    asked = {(reply.request.resource or "").rpartition(":")[2] for reply, _ in found}
    return (*sorted(name for name in asked if name.startswith("alias/")), _MORE_ALIASES)


def _rotation(by_customer: Maybe[bool], answer: Row | Unknown | None) -> Maybe[bool]:
    """Return whether the key is rotated; AWS rotates its own every year. Source: KMS Developer Guide."""
    if not isinstance(by_customer, Unknown) and not by_customer:
        return True
    if answer is None or isinstance(answer, Unknown):
        return False if answer is None else answer
    return answer.flag("KeyRotationEnabled", None)


def _tags(answer: Row | Unknown | None) -> Maybe[Tags]:
    """KMS spells keys and values of its tags its own way."""
    if isinstance(answer, Row):
        return answer.tags("Tags", "TagKey", "TagValue")
    return {} if answer is None else answer
