"""All replies of one run or snapshot as converters read them, and what is noted on the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from checker.load.aws.call import Group, Meaning, Replies, Reply, Request, resource_of
from checker.load.aws.convert.row import Row, place_of, words_of
from checker.model.absent import Absent
from checker.model.arn import partition_of_region
from checker.model.entity import Tags
from checker.model.known import Key, Maybe, Unknown
from checker.model.origin import Origin, Source


class World:
    """Replies, and what converters note: what does not exist, and what cannot be read."""

    def __init__(self, replies: Replies, source: Source, groups: frozenset[Group]) -> None:
        self.replies = replies
        self.source = source
        self.groups = groups
        self.absent: dict[Key, Absent] = {}
        self.odd: dict[Request, int] = {}
        """Number of rows of a listing that cannot be read; 0 where the list itself cannot."""
        self._origins: dict[tuple[Request, str], Origin] = {}

    @cached_property
    def accounts(self) -> frozenset[str]:
        """Accounts that were to be examined."""
        return frozenset(account for account, _ in self.replies.scopes)

    @cached_property
    def partition(self) -> str:
        """The partition of the accounts that were read: no run goes over two."""
        return next((partition_of_region(region) for _, region in self.replies.scopes), "aws")

    def listing(self, service: str, operation: str, member: str, identity: str) -> Iterator[tuple[str, Row]]:
        """Yield each row of a listing with its id, over all accounts and regions; one without an id is noted."""
        for reply in self.replies.of(service, operation):
            yield from self.rows(reply, member, identity)

    def rows(self, reply: Reply, member: str, identity: str) -> Iterator[tuple[str, Row]]:
        """Yield each row of one reply with its id. What cannot be read is noted."""
        if reply.response is None:
            return
        rows = reply.response.get(member)
        if not isinstance(rows, list):
            self.odd[reply.request] = 0
            return
        lost = 0
        for row in rows:
            name = row.get(identity) if isinstance(row, dict) else None
            if isinstance(name, str) and name:
                yield name, Row(row, reply)
            else:
                lost += 1
        if lost:
            self.note_odd(reply, lost)

    def note_odd(self, reply: Reply, rows: int = 1) -> None:
        """Note that rows of a reply cannot be read; the same reply read again does not add to them."""
        self.odd[reply.request] = max(rows, self.odd.get(reply.request, 0))

    def detail(self, account: str, region: str, service: str, operation: str, *values: str) -> Row | Unknown | None:
        """Return the answer to a call about one resource; None for "not configured", Unknown for why not."""
        reply = self.replies.get(account, region, service, operation, resource_of(*values) if values else None)
        if reply is None:
            return Unknown(f"{account}/{region}: {service}:{operation} was not called for {' '.join(values)}".rstrip())
        return self.answer(reply)

    def answer(self, reply: Reply) -> Row | Unknown | None:
        """Return what a reply says; None for "not configured", Unknown for why it says nothing."""
        if reply.failure is not None:
            if reply.failure.meaning is Meaning.UNSET:
                return None
            return self.why(reply)
        return Row(reply.response or {}, reply)

    def why(self, reply: Reply) -> Unknown:
        """Return why a reply tells nothing."""
        words = "tells nothing" if reply.failure is None else words_of(reply.failure)
        resource = reply.request.resource
        return Unknown(f"{place_of(reply)} {words}" + (f" for {resource.replace('|', ' ')}" if resource else ""))

    def is_gone(self, reply: Reply) -> bool:
        """Say whether AWS answered that the thing does not exist."""
        return reply.failure is not None and reply.failure.meaning is Meaning.GONE

    def note_gone(self, type_: str, key: Key, reply: Reply) -> None:
        """Note a thing as absent, in the words of the failure that says so."""
        failure = reply.failure
        if failure is not None:
            says = f"{failure.code}: {failure.message}" if failure.message else failure.code
            self.note_absent(type_, key, reply, says)

    def note_absent(self, type_: str, key: Key, reply: Reply, says: str) -> None:
        """Note that a thing does not exist."""
        self.absent.setdefault(key, Absent(type=type_, key=key, origin=self.origin(reply), says=says))

    def origin(self, reply: Reply, region: str | None = None) -> Origin:
        """Return where a fact was read; ``region`` for a thing of an account-wide call that lies in one."""
        request = reply.request
        where = region or request.region
        found = self._origins.get((request, where))
        if found is None:
            found = self._origins[request, where] = Origin(
                source=self.source,
                root=f"{request.account}/{where}",
                path=reply.origin,
                api=f"{request.service}:{request.operation}",
            )
        return found

    def regions_of(self, account: str) -> set[str]:
        """Return the regions in which facts of an account were read so far: a bucket may lie in one not examined."""
        return {region for request, region in self._origins if request.account == account}

    def common(
        self, row: Row, key: Key, type_: str, *, id_: Maybe[str | None] = None, arn: Maybe[str | None] = None,
        tags: Maybe[Tags] | None = None, region: str | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Return the fields that every entity has; ids, ARN and tags as EC2 gives them unless told otherwise."""
        request = row.reply.request
        return {
            "key": key,
            "origin": self.origin(row.reply, region),
            "type": type_,
            "id": key if id_ is None else id_,
            "arn": arn,
            "account": request.account,
            "region": region or request.region,
            "tags": row.tags() if tags is None else tags,
        }

    def tags_untold(self, row: Row) -> Unknown:
        """Return that the call of a row tells no tags, though the thing may have some."""
        return Unknown(f"{row.where} tells no tags")

    def unseen(
        self, reply: Reply, key: Key, type_: str, why: Unknown, *, id_: Maybe[str | None] = None
    ) -> dict[str, Any]:
        """Return the fields that every entity has, for one of which only is known that something names it."""
        shared = self.common(Row({}, reply), key, type_, id_=id_, arn=key, tags=why)
        return {**shared, "exists": why}


def ec2_arn(row: Row, kind: str, name: str, owner: Maybe[str | None] = None) -> str:
    """Return the ARN of an EC2 resource. Source: Service Authorization Reference, "Amazon EC2"."""
    request = row.reply.request
    account = owner if isinstance(owner, str) else request.account
    return f"arn:{partition_of_region(request.region)}:ec2:{request.region}:{account}:{kind}/{name}"


def arn_at(reply: Reply, service: str, resource: str) -> str:
    """Return the ARN of a resource of the account and region that were asked."""
    request = reply.request
    return f"arn:{partition_of_region(request.region)}:{service}:{request.region}:{request.account}:{resource}"


def owner_of(row: Row) -> Maybe[str]:
    """Return the account that owns a thing: the one that was asked where AWS tells no other."""
    owner = row.text("OwnerId")
    return row.reply.request.account if owner is None else owner


def owner_first(rows: Iterator[tuple[str, Row]], member: str = "OwnerId") -> Mapping[str, Row]:
    """Return one row for each id: the owner's view where several accounts see the same thing."""
    found: dict[str, Row] = {}
    for name, row in rows:
        if name not in found or (_is_owners(row, member) and not _is_owners(found[name], member)):
            found[name] = row
    return found


def _is_owners(row: Row, member: str) -> bool:
    owner = row.values.get(member)
    return owner is None or owner == row.reply.request.account
