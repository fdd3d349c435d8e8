"""Policy documents in the forms that AWS gives them, and the names of KMS keys."""

from __future__ import annotations

import json
from typing import Any, Final
from urllib.parse import unquote

from checker.load.aws.convert.row import Row
from checker.load.aws.convert.world import World
from checker.load.terraform.convert.policy import parse_policy
from checker.model.arn import Arn, parse_arn, partition_of_region
from checker.model.identity import PolicyDocument
from checker.model.known import Key, Maybe, Unknown

_AWS_ALIAS: Final = "alias/aws/"
"""Start of the aliases of keys that AWS manages; rules know such keys by it."""


def parse_document(value: Any, where: str) -> Maybe[PolicyDocument]:
    """Return a policy that AWS gives as JSON text, percent-encoded or not, or as parsed by the SDK."""
    if isinstance(value, Unknown):
        return value
    try:
        if isinstance(value, dict):
            value = json.dumps(value)
        if not isinstance(value, str) or not value.strip():
            return Unknown(f"{where} is not a policy")
        text = value if value.lstrip().startswith("{") else unquote(value)
        return parse_policy(text, where)
    except (RecursionError, ValueError, TypeError):
        return Unknown(f"{where} is not a policy")


def key_arn(text: str, account: Maybe[str], region: str | None) -> Maybe[Key]:
    """Return the ARN of a key given by id, alias or ARN; an alias stays the alias' ARN."""
    if text.startswith("arn:"):
        return text
    if isinstance(account, Unknown) or region is None:
        return Unknown(f"in which account or region the key {text} lies is not known")
    resource = text if text.startswith(("alias/", "key/")) else f"key/{text}"
    return str(Arn(partition_of_region(region), "kms", region, account, resource))


class KeyNames:
    """Which key a text names: by the answers of ``kms:DescribeKey``."""

    def __init__(self, world: World) -> None:
        self._by_arn: dict[str, Key] = {}
        for reply in world.replies.of("kms", "DescribeKey"):
            request = reply.request
            name = key_arn(request.resource or "", request.account, request.region)
            answer = world.answer(reply)
            found = answer.inner("KeyMetadata", lambda row: row.required("Arn"), "") if isinstance(answer, Row) else ""
            if isinstance(name, str) and isinstance(found, str) and found and not _is_aws_alias(name):
                self._by_arn.setdefault(name, found)

    def key(self, text: Maybe[str | None], account: Maybe[str], region: str | None) -> Maybe[Key | None]:
        """Return the ARN of the key that a setting names by id, alias or ARN; None for none."""
        if text is None or isinstance(text, Unknown):
            return text
        name = key_arn(text, account, region)
        return name if isinstance(name, Unknown) else self._by_arn.get(name, name)


def _is_aws_alias(name: Key) -> bool:
    arn = parse_arn(name)
    return arn is not None and arn.resource.startswith(_AWS_ALIAS)
