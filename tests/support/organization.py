"""An organisation in moto: units within units, tags on accounts, a delegated administrator, a suspended account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.support.moto_server import ACCOUNT, Server


@dataclass(frozen=True, slots=True)
class Member:
    """An account to be."""

    name: str
    unit: str = ""
    """Path of the unit it stands in: ``prod/payments``; empty for the root."""
    tags: Mapping[str, str] = field(default_factory=dict)
    suspended: bool = False
    delegated: bool = False


@dataclass(frozen=True, slots=True)
class Organization:
    """What was made: ids by name. moto chooses them by chance."""

    accounts: Mapping[str, str]
    """``management`` is the account of the credentials ``test``."""
    units: Mapping[str, str]
    """Unit id by path; the root's by the empty path."""


def found(server: Server, members: Sequence[Member]) -> Organization:
    """Make an organisation of account ``ACCOUNT`` with these members."""
    client = server.client("organizations")
    client.create_organization(FeatureSet="ALL")
    units = {"": client.list_roots()["Roots"][0]["Id"]}
    accounts = {"management": ACCOUNT}
    for member in members:
        unit = _unit(client, units, member.unit)
        accounts[member.name] = _account(client, member, units[""], unit)
    return Organization(accounts, units)


def _unit(client: Any, units: dict[str, str], path: str) -> str:
    if path not in units:
        above, _, name = path.rpartition("/")
        made = client.create_organizational_unit(ParentId=_unit(client, units, above), Name=name)
        units[path] = made["OrganizationalUnit"]["Id"]
    return units[path]


def _account(client: Any, member: Member, root: str, unit: str) -> str:
    tags = [{"Key": key, "Value": value} for key, value in member.tags.items()]
    made = client.create_account(Email=f"{member.name}@example.com", AccountName=member.name, Tags=tags)
    account: str = made["CreateAccountStatus"]["AccountId"]
    if unit != root:
        client.move_account(AccountId=account, SourceParentId=root, DestinationParentId=unit)
    if member.delegated:
        client.register_delegated_administrator(AccountId=account, ServicePrincipal="guardduty.amazonaws.com")
    if member.suspended:
        client.close_account(AccountId=account)
    return account
