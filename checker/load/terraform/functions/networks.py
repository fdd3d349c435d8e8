"""Functions of CIDR blocks."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import Final, TypeAlias

from checker.load.terraform.functions.arguments import FunctionError, integer, text
from checker.load.terraform.instance import Value

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_LEADING_ZEROS: Final = re.compile(r"(?<![0-9a-fA-F:])0+(?=[0-9])")
_MAX_NEW_BITS: Final = 32


def _network(value: Value) -> Network:
    """Return a CIDR block, its host bits cleared."""
    written = text(value)
    if "/" not in written:
        raise FunctionError("the text is no CIDR block")
    if ":" not in written:
        address, _, length = written.partition("/")
        written = f"{_LEADING_ZEROS.sub('', address)}/{length}"
    try:
        return ipaddress.ip_network(written, strict=False)
    except ValueError as error:
        raise FunctionError("the text is no CIDR block") from error


def _cidrhost(prefix: Value, host: Value) -> Value:
    network, number = _network(prefix), integer(host)
    size = network.num_addresses
    if not -size <= number < size:
        raise FunctionError("the block has no such host number")
    return str(network[number])


def _cidrnetmask(prefix: Value) -> Value:
    network = _network(prefix)
    if network.version != 4:
        raise FunctionError("IPv6 has no netmask in dotted form")
    return str(network.netmask)


def _cidrsubnet(prefix: Value, new_bits: Value, number: Value) -> Value:
    network, bits, position = _network(prefix), integer(new_bits), integer(number)
    length = network.prefixlen + bits
    if bits < 0 or length > network.max_prefixlen:
        raise FunctionError("the block is not large enough for so many more bits")
    if not 0 <= position < 1 << bits:
        raise FunctionError("so many more bits do not hold this network number")
    base = int(network.network_address) + (position << (network.max_prefixlen - length))
    return f"{type(network.network_address)(base)}/{length}"


def _cidrsubnets(prefix: Value, *new_bits: Value) -> Value:
    """Return subnets one behind the other, each aligned to its own size."""
    network = _network(prefix)
    position = int(network.network_address)
    result: list[Value] = []
    for bits in map(integer, new_bits):
        length = network.prefixlen + bits
        if not 1 <= bits <= _MAX_NEW_BITS or length > network.max_prefixlen:
            raise FunctionError("the block cannot be extended by so many bits")
        size = 1 << (network.max_prefixlen - length)
        position = -(-position // size) * size
        if position + size > int(network.network_address) + network.num_addresses:
            raise FunctionError("the block has no room for all subnets")
        result.append(f"{type(network.network_address)(position)}/{length}")
        position += size
    return result


FUNCTIONS: Final[dict[str, Callable[..., Value]]] = {
    "cidrhost": _cidrhost,
    "cidrnetmask": _cidrnetmask,
    "cidrsubnet": _cidrsubnet,
    "cidrsubnets": _cidrsubnets,
}
