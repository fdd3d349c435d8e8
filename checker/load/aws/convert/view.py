"""Responses read as what the model wants: text, number, flag, prefix. Nothing here raises on odd values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from checker.load.aws.call import Failure, Group, Meaning, Replies, Reply, resource_of
from checker.load.terraform.convert.values import as_prefix
from checker.model.absent import Absent
from checker.model.address import Prefix
from checker.model.arn import partition_of_region
from checker.model.known import Key, Maybe, Unknown
from checker.model.origin import Origin, Source

_DENIED: Final = ("denied", "unauthorized", "forbidden", "notauthorized", "optinrequired")
_LONGEST: Final = 120


@dataclass(frozen=True, slots=True)
class Row:
    """One object of a response, and where it was read."""

    values: Mapping[str, Any]
    reply: Reply

    @property
    def where(self) -> str:
        """Return ``111122223333/eu-west-1: ec2:DescribeVpcs``."""
        return place_of(self.reply)

    def _odd(self, name: str, wanted: str) -> Unknown:
        return Unknown(f"{self.where}: {name} is not {wanted}")

    def text(self, name: str) -> Maybe[str | None]:
        """Return a text; None where it is not there."""
        value = self.values.get(name)
        return value if value is None or isinstance(value, str) else self._odd(name, "text")

    def required(self, name: str) -> Maybe[str]:
        """Return a text that AWS always gives."""
        value = self.text(name)
        return self._odd(name, "there") if value is None else value

    def text_or(self, name: str, unset: str) -> Maybe[str]:
        """Return a text; ``unset`` where it is not there or empty."""
        value = self.text(name)
        return unset if value is None or (isinstance(value, str) and not value) else value

    def flag(self, name: str, unset: bool = False) -> Maybe[bool]:
        """Return true or false; ``unset`` where it is not there."""
        value = self.values.get(name)
        if value is None:
            return unset
        return value if isinstance(value, bool) else self._odd(name, "true or false")

    def whole(self, name: str) -> Maybe[int | None]:
        """Return a whole number; None where it is not there."""
        value = self.values.get(name)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        return self._odd(name, "a whole number")

    def number(self, name: str) -> Maybe[float | None]:
        """Return a number; None where it is not there."""
        value = self.values.get(name)
        if value is None or (isinstance(value, (int, float)) and not isinstance(value, bool)):
            return None if value is None else float(value)
        return self._odd(name, "a number")

    def prefix(self, name: str) -> Maybe[Prefix | None]:
        """Return an IP prefix; None where it is not there."""
        value = self.text(name)
        return value if value is None or isinstance(value, Unknown) else as_prefix(value)

    def row(self, name: str) -> Row | None:
        """Return an inner object; None where there is none."""
        value = self.values.get(name)
        return Row(value, self.reply) if isinstance(value, dict) else None

    def rows(self, name: str) -> list[Row]:
        """Return the objects of an inner list."""
        value = self.values.get(name)
        return [Row(each, self.reply) for each in value if isinstance(each, dict)] if isinstance(value, list) else []

    def texts(self, name: str) -> list[str]:
        """Return the texts of an inner list."""
        value = self.values.get(name)
        return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []

    def tags(self, name: str = "Tags") -> dict[str, Maybe[str]]:
        """Return the tags of a list of keys and values, or of a mapping."""
        value = self.values.get(name)
        if isinstance(value, dict):
            return {key: str(value[key]) for key in sorted(value)}
        pairs = ((row.text("Key"), row.text("Value")) for row in self.rows(name))
        return {key: "" if text is None else text for key, text in sorted(pairs, key=str) if isinstance(key, str)}


def place_of(reply: Reply) -> str:
    """Return account, region and call of a reply."""
    request = reply.request
    return f"{request.account}/{request.region}: {request.service}:{request.operation}"


def words_of(failure: Failure) -> str:
    """Return what a person reads of a failure: ``was denied (AccessDenied)``."""
    if any(word in failure.code.lower() for word in _DENIED):
        return f"was denied ({failure.code})"
    if failure.code == "NotCalled":
        return "was not called"
    said = f": {failure.message[:_LONGEST]}" if failure.message else ""
    return f"failed ({failure.code}{said})"


@dataclass(frozen=True)
class World:
    """All replies, and what is noted while they are read."""

    replies: Replies
    source: Source
    groups: frozenset[Group]
    absent: dict[Key, Absent] = field(default_factory=dict)
    odd: list[str] = field(default_factory=list)
    """Rows that cannot be read, by place."""

    @cached_property
    def accounts(self) -> frozenset[str]:
        """Accounts that were to be examined."""
        return frozenset(account for account, _ in self.replies.scopes)

    def listing(self, service: str, operation: str, member: str, identity: str) -> Iterator[tuple[str, Row]]:
        """Yield each row of a listing with its id, over all accounts and regions; one without an id is noted."""
        for reply in self.replies.of(service, operation):
            rows = (reply.response or {}).get(member)
            for row in rows if isinstance(rows, list) else ():
                name = row.get(identity) if isinstance(row, dict) else None
                if isinstance(name, str) and name:
                    yield name, Row(row, reply)
                else:
                    self.odd.append(place_of(reply))

    def detail(self, account: str, region: str, service: str, operation: str, *values: str) -> Row | Unknown | None:
        """Return the answer to a call about one resource; None for "not configured", Unknown for why not."""
        reply = self.replies.get(account, region, service, operation, resource_of(*values) if values else None)
        if reply is None:
            return Unknown(f"{account}/{region}: {service}:{operation} was not called for {' '.join(values)}".rstrip())
        if reply.failure is not None:
            if reply.failure.meaning is Meaning.UNSET:
                return None
            return Unknown(f"{place_of(reply)} {words_of(reply.failure)}")
        return Row(reply.response or {}, reply)

    def gone(self, type_: str, key: Key, account: str, region: str, service: str, operation: str, *values: str) -> bool:
        """Say whether AWS answered that a thing does not exist, and note it as absent."""
        reply = self.replies.get(account, region, service, operation, resource_of(*values) if values else None)
        if reply is None or reply.failure is None or reply.failure.meaning is not Meaning.GONE:
            return False
        said = f"{reply.failure.code}: {reply.failure.message}" if reply.failure.message else reply.failure.code
        self.note_absent(type_, key, reply, said)
        return True

    def note_absent(self, type_: str, key: Key, reply: Reply, says: str) -> None:
        """Note that a thing does not exist."""
        self.absent.setdefault(key, Absent(type=type_, key=key, origin=self.origin(reply), says=says))

    def origin(self, reply: Reply, region: str | None = None) -> Origin:
        """Return where a fact was read; ``region`` for a thing of an account-wide call that lies in one."""
        request = reply.request
        where = region or request.region
        return Origin(
            source=self.source,
            root=f"{request.account}/{where}",
            path=reply.origin,
            api=f"{request.service}:{request.operation}",
        )

    def common(
        self, row: Row, key: Key, type_: str, *, id_: str | None = None, arn: str | None = None,
        tags: Maybe[Mapping[str, Maybe[str]]] | None = None, region: str | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Return the fields that every entity has; ids, ARN and tags as EC2 gives them unless told otherwise."""
        request = row.reply.request
        where = region or request.region
        return {
            "key": key,
            "origin": self.origin(row.reply, region),
            "type": type_,
            "id": id_ if id_ is not None else key,
            "arn": arn,
            "account": request.account,
            "region": where,
            "tags": row.tags() if tags is None else tags,
        }


def ec2_arn(row: Row, kind: str, name: str, owner: Maybe[str | None] = None) -> str:
    """Return the ARN of an EC2 resource. Source: Service Authorization Reference, "Amazon EC2"."""
    request = row.reply.request
    account = owner if isinstance(owner, str) else request.account
    return f"arn:{partition_of_region(request.region)}:ec2:{request.region}:{account}:{kind}/{name}"


def arn_at(reply: Reply, service: str, resource: str) -> str:
    """Return the ARN of a resource of the account and region that were asked."""
    request = reply.request
    return f"arn:{partition_of_region(request.region)}:{service}:{request.region}:{request.account}:{resource}"


def owner_first(rows: Iterator[tuple[str, Row]], member: str = "OwnerId") -> dict[str, Row]:
    """Return one row for each id: the owner's view where several accounts see the same thing."""
    found: dict[str, Row] = {}
    for name, row in rows:
        mine = row.values.get(member) in (None, row.reply.request.account)
        if name not in found or (mine and found[name].values.get(member) != found[name].reply.request.account):
            found[name] = row
    return found
