"""Security groups and network ACLs: what their findings need beyond the remediation."""

from __future__ import annotations

import ipaddress
import json
import re
from typing import Final

from checker.fixing.apply import apply_written, as_written
from checker.fixing.change import Change, set_value
from checker.fixing.edit import drop_argument, drop_block, literal, put
from checker.fixing.entries import Entry, entry_of
from checker.fixing.model import CannotFix
from checker.fixing.places import Spot
from checker.fixing.syntax import Block, items
from checker.fixing.written import subject, take_apart
from checker.load.terraform.source.address import Address

_WORLD: Final = {4: "0.0.0.0/0", 6: "::/0"}
_IN_PLACE_OF: Final = re.compile(r"# in place of: (.+)")
_ENTRY: Final = re.compile(r"(?:Number|Delete) (.+?)(?: before \d+,|: it changes)")
_RULE: Final = re.compile(r"Delete (.+?), or let its traffic through")
_SINGLE: Final = {4: "cidr_ipv4", 6: "cidr_ipv6"}
_LISTS: Final = {4: "cidr_blocks", 6: "ipv6_cidr_blocks"}


def _chosen_cidr(change: Change) -> tuple[str, int]:
    """Return the networks that a person lets in, and their family."""
    text = change.choices.need("cidr", "which networks need access (a CIDR block)")
    try:
        found = ipaddress.ip_network(text)
    except ValueError as error:
        raise CannotFix(f"--value cidr={text}: no CIDR block") from error
    if found.prefixlen == 0:
        raise CannotFix(f"--value cidr={text}: that is everybody")
    return str(found), found.version


def narrow_group(change: Change) -> None:
    """Let in the chosen networks instead of everybody, in each rule that is open."""
    cidr, version = _chosen_cidr(change)
    named = _IN_PLACE_OF.search(change.terraform)
    port = _port(change)
    for name in named[1].split(", ") if named else ():
        address = subject(name)
        if address is None:
            raise CannotFix(f"{name} is not in the source")
        _narrow(change, address, cidr, version, port)


def _port(change: Change) -> int:
    block = next(each for each in take_apart(change.terraform))
    argument = block.block().argument("from_port")
    return int(block.text[argument.value : argument.end]) if argument else -1


def _narrow(change: Change, address: Address, cidr: str, version: int, port: int) -> None:
    spot = change.resource(address)
    if address.type == "aws_vpc_security_group_ingress_rule":
        _narrow_rule(change, spot, cidr, version)
        return
    if address.type == "aws_security_group_rule":
        _narrow_lists(change, spot, spot.block, cidr, version)
        return
    open_ = [each for each in spot.block.nested("ingress") if _holds(change, spot, each, port)]
    if not open_:
        where = spot.where(change.places.files)
        raise CannotFix(f"the rule on port {port} is not written as a block with plain numbers ({where})")
    for each in open_:
        fresh, block = change.again(spot, each)
        _narrow_lists(change, fresh, block, cidr, version)


def _holds(change: Change, spot: Spot, block: Block, port: int) -> bool:
    """Return whether a rule in a group's block is open to everybody on a port."""
    first, last = (literal(change, spot, block, name) for name in ("from_port", "to_port"))
    everything = literal(change, spot, block, "protocol") in ("-1", "all")
    lists = [block.argument(name) for name in _LISTS.values()]
    open_ = any(each and _WORLD[v] in change.places.value(spot, each) for each, v in zip(lists, _WORLD, strict=True))
    within = first is not None and last is not None and first.isdecimal() and int(first) <= port <= int(last)
    return open_ and (everything or within)


def _narrow_rule(change: Change, spot: Spot, cidr: str, version: int) -> None:
    for each, name in _SINGLE.items():
        fresh, block = change.again(spot)
        argument = block.argument(name)
        if argument is None:
            continue
        if each != version:
            drop_argument(change, fresh, argument)
            fresh, block = change.again(spot)
        set_value(change, fresh, block, _SINGLE[version], json.dumps(cidr))


def _narrow_lists(change: Change, spot: Spot, block: Block, cidr: str, version: int) -> None:
    """Take everybody out of the lists of a rule, and put the chosen networks into the one of their family."""
    for each, name in _LISTS.items():
        fresh, inner = change.again(spot, block)
        argument = inner.argument(name)
        if argument is None or (each != version and _WORLD[each] not in change.places.value(fresh, argument)):
            continue
        text = change.places.value(fresh, argument)
        if json.dumps(_WORLD[each]) not in text:
            raise CannotFix(f"{name} is {text} ({fresh.where(change.places.files, argument.start)})")
        rest = [value for value in _elements(change, fresh, argument.value, argument.end) if value != _WORLD[each]]
        if each == version and cidr not in rest:
            rest.append(cidr)
        if rest:
            put(change, fresh, argument.value, argument.end, json.dumps(rest), f"{name} = {json.dumps(rest)}")
        else:
            drop_argument(change, fresh, argument)
    fresh, inner = change.again(spot, block)
    if inner.argument(_LISTS[version]) is None:
        set_value(change, fresh, inner, _LISTS[version], json.dumps([cidr]))


def _elements(change: Change, spot: Spot, start: int, end: int) -> list[str]:
    text = change.places.files.text(spot.path)
    found = items(text, start, end)
    if found is None or any(not text[each.start : each.end].startswith('"') for each in found):
        raise CannotFix(f"the list is not written out in plain texts ({spot.where(change.places.files, start)})")
    return [text[each.start + 1 : each.end - 1] for each in found]


def narrow_acl(change: Change) -> None:
    """Deny the port before what allows it; an entry that allows no more than that port is narrowed instead."""
    written = take_apart(change.terraform)
    if written and written[0].name[0] != "aws_network_acl_rule":
        apply_written(change, written)
        return
    entry = _only_this_port(change)
    if entry is None:
        as_written(change)
        return
    cidr, version = _chosen_cidr(change)
    fresh, block = change.again(entry.spot, entry.block)
    old = next((name for name in ("cidr_block", "ipv6_cidr_block") if block.argument(name)), "cidr_block")
    new = "cidr_block" if version == 4 else "ipv6_cidr_block"
    argument = block.argument(old)
    if old != new and argument is not None:
        drop_argument(change, fresh, argument)
        fresh, block = change.again(entry.spot, entry.block)
    set_value(change, fresh, block, new, json.dumps(cidr))


def _only_this_port(change: Change) -> Entry | None:
    """Return the entry right behind the one to add, where it allows that port and nothing else."""
    block = take_apart(change.terraform)[0]
    given = {each.name: block.text[each.value : each.end] for each in block.block().arguments}
    try:
        entry = entry_of(change, int(given["rule_number"]) + 1, "ingress")
    except CannotFix:
        return None
    ports = [literal(change, entry.spot, entry.block, name) for name in ("from_port", "to_port")]
    return entry if ports == [given.get("from_port"), given.get("to_port")] else None


def renumber(change: Change) -> None:
    """Put an entry before what shadows it, or delete it: a superfluous one changes nothing."""
    fix = change.fix.finding.remediation
    named = _ENTRY.match(fix.summary) if fix else None
    if named is None:
        raise CannotFix("its remediation names no entry")
    conflicting = fix is not None and bool(fix.terraform)
    way, before = None, ""
    if conflicting:
        block = take_apart(change.terraform)[0]
        given = {each.name: block.text[each.value : each.end] for each in block.block().arguments}
        way, before = ("egress" if given["egress"] == "true" else "ingress"), given["rule_number"]
    entry = _named(change, named[1], way)
    what = f"whether {named[1]} comes first or goes (first or delete)"
    if conflicting and _choice(change, "shadowed", what, ("first", "delete")) == "first":
        name = "rule_no" if entry.inside else "rule_number"
        fresh, inner = change.again(entry.spot, entry.block)
        set_value(change, fresh, inner, name, before)
        if not entry.inside:
            change.note("Terraform replaces the entry: its number cannot be changed in place")
        return
    drop_block(change, entry.spot, entry.block)


def _choice(change: Change, name: str, what: str, words: tuple[str, ...]) -> str:
    chosen = change.choices.need(name, what)
    if chosen not in words:
        raise CannotFix(f"--value {name}={chosen}: {' or '.join(words)} is expected")
    return chosen


def _named(change: Change, name: str, way: str | None) -> Entry:
    """Return the entry that a remediation calls ``aws_network_acl.main#110``, or by its own address."""
    own, sign, number = name.rpartition("#")
    if sign and number.isdecimal():
        return entry_of(change, int(number), way)
    address = subject(own.removesuffix(" (") if number.endswith(")") else name)
    if address is None or address.key is not None:
        raise CannotFix(f"{name} is not one block of its own")
    spot = change.resource(address)
    return Entry(spot, spot.block)


def open_or_delete(change: Change) -> None:
    """Delete a rule that lets nothing through, or open the network ACL for it, as a person chose."""
    what = "whether the dead rule goes or the network ACL lets its traffic through (delete or open)"
    if _choice(change, "dead", what, ("delete", "open")) == "open":
        as_written(change)
        return
    fix = change.fix.finding.remediation
    named = _RULE.match(fix.summary) if fix else None
    address = subject(named[1]) if named else None
    if address is None or address.key is not None or address.type == "aws_security_group":
        raise CannotFix("the dead rule is not a block of its own: remove it by hand")
    spot = change.resource(address)
    drop_block(change, spot, spot.block)
