"""Hides what names an account, in a snapshot that leaves the house.

Masked, the same way wherever they stand: account ids, ids of resources, values of tags, descriptions, endpoints of
subscriptions, names of sessions, public addresses that belong to interfaces. Kept, because verdicts hang on them:
addresses and prefixes, ports, names of buckets, groups, roles and policies, policy documents, regions. What is masked
cannot be undone: the key is made anew for each snapshot and kept nowhere.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from typing import Any, Final

from checker.load.aws.call import Reply
from checker.model.record import dataclass, replace

_ACCOUNT: Final = re.compile(r"(?<![0-9A-Za-z])[0-9]{12}(?![0-9A-Za-z])")
_ID: Final = re.compile(r"\b([a-z]{1,12}(?:-[a-z]{2,12})?)-([0-9a-f]{8}(?:[0-9a-f]{9})?)\b")
_TEXTS: Final = ("Description", "Endpoint", "Value", "TagValue", "UserId", "PublicIp", "PublicDnsName", "Email",
                 "PrivateDnsName", "KeyName")  # fmt: skip
_SESSION: Final = re.compile(r"(assumed-role/[^/]+/|user/)[^\"/\s]+")


@dataclass(frozen=True, slots=True)
class Mask:
    """One snapshot's mask."""

    key: bytes

    @classmethod
    def new(cls) -> Mask:
        """Return a mask that nobody can repeat."""
        return cls(secrets.token_bytes(32))

    def reply(self, reply: Reply) -> Reply:
        """Return a reply with everything masked, its request included."""
        request = reply.request
        resource = None if request.resource is None else self.text(request.resource)
        failure = reply.failure
        return replace(
            reply,
            request=replace(request, account=self.text(request.account), resource=resource),
            response=None if reply.response is None else self.value(reply.response),
            failure=None if failure is None else replace(failure, message=self.text(failure.message)),
        )

    def value(self, value: Any, name: str = "") -> Any:
        """Return JSON with every text in it masked."""
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.value(item, str(key)) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(item, name) for item in value]
        if isinstance(value, str):
            return self._hidden(value) if name in _TEXTS and value else self.text(value)
        return value

    def text(self, text: str) -> str:
        """Return a text with account ids, resource ids and session names masked."""
        text = _ACCOUNT.sub(lambda found: self._digits(found[0]), text)
        text = _SESSION.sub(lambda found: f"{found[1]}masked", text)
        return _ID.sub(lambda found: f"{found[1]}-{self._digest(found[0])[: len(found[2])]}", text)

    def _hidden(self, text: str) -> str:
        return f"masked-{self._digest(text)[:12]}"

    def _digits(self, text: str) -> str:
        return f"{int(self._digest(text)[:16], 16) % 10**12:012}"

    def _digest(self, text: str) -> str:
        return hmac.new(self.key, text.encode(), hashlib.sha256).hexdigest()
