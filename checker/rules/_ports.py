"""Ports that policies name: ``tcp/22``, ``udp/137-139``, or a bare number for TCP; and what runs on them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from checker.filter.intervals import NOTHING, Intervals, union
from checker.filter.service import TCP, UDP, service_number, words_of
from checker.model.finding import Json

SPEC_PATTERN: Final = r"^(tcp|udp)/([0-9]{1,5})(-[0-9]{1,5})?$"
PORTS_SCHEMA: Final[dict[str, Json]] = {
    "type": "array",
    "items": {
        "anyOf": [
            {"type": "integer", "minimum": 0, "maximum": 65535},
            {"type": "string", "pattern": SPEC_PATTERN},
        ]
    },
}
"""JSON Schema of a list of ports."""

SENSITIVE: Final[dict[str, str]] = {
    "tcp/20-21": "FTP",
    "tcp/22": "SSH",
    "tcp/23": "Telnet",
    "udp/69": "TFTP",
    "tcp/111": "rpcbind",
    "udp/111": "rpcbind",
    "tcp/135": "RPC",
    "udp/137-138": "NetBIOS",
    "tcp/139": "NetBIOS",
    "udp/161": "SNMP",
    "tcp/389": "LDAP",
    "udp/389": "LDAP",
    "tcp/445": "SMB",
    "tcp/512-514": "rexec, rlogin and rsh",
    "tcp/873": "rsync",
    "tcp/1433-1434": "SQL Server",
    "udp/1434": "SQL Server",
    "tcp/1521": "Oracle",
    "tcp/2049": "NFS",
    "tcp/2375-2376": "Docker",
    "tcp/2379-2380": "etcd",
    "tcp/3306": "MySQL",
    "tcp/3389": "RDP",
    "udp/3389": "RDP",
    "tcp/4333": "mSQL",
    "tcp/5432": "PostgreSQL",
    "tcp/5439": "Redshift",
    "tcp/5500": "VNC",
    "tcp/5601": "Kibana",
    "tcp/5900-5909": "VNC",
    "tcp/5984": "CouchDB",
    "tcp/5985-5986": "WinRM",
    "tcp/6379": "Redis",
    "tcp/7000-7001": "Cassandra",
    "tcp/8020": "Hadoop",
    "tcp/9042": "Cassandra",
    "tcp/9092": "Kafka",
    "tcp/9200": "Elasticsearch",
    "tcp/9300": "Elasticsearch",
    "tcp/10250": "kubelet",
    "tcp/11211": "memcached",
    "udp/11211": "memcached",
    "tcp/27017-27019": "MongoDB",
    "tcp/50070": "Hadoop",
}
"""Remote administration, databases, file shares and control planes, which nobody needs to reach from everywhere.

Source: the high-risk list of Security Hub control EC2.19 without its web and mail ports, and the assigned or customary
ports of what else is administered remotely (IANA Service Name and Port Number Registry).
"""

_PROTOCOLS: Final = {"tcp": TCP, "udp": UDP}


def services_named(specs: Json) -> Intervals:
    """Return the services that a list of ports names. A range given the wrong way round names nothing."""
    return _services_listed(tuple(specs)) if isinstance(specs, list) else NOTHING


@lru_cache(maxsize=64)
def _services_listed(specs: tuple[Json, ...]) -> Intervals:
    return _services(_specs(list(specs)))


def more_ports(one: Json, other: Json) -> bool:
    """Order lists of ports: whether the first names all that the second names."""
    return services_named(other) <= services_named(one)


@lru_cache(maxsize=64)
def _services(specs: tuple[str, ...]) -> Intervals:
    return union(_ends(spec) for spec in specs)


def _ends(spec: str) -> tuple[int, int]:
    protocol, _, ports = spec.rpartition("/")
    first, _, last = ports.partition("-")
    number = _PROTOCOLS[protocol or "tcp"]
    low, high = int(first), min(int(last or first), 65535)
    return service_number(number, low), service_number(number, max(low, high))


def port_range(text: Json) -> tuple[int, int]:
    """Return the ends of a range such as ``1024-65535``."""
    first, _, last = str(text).partition("-")
    return int(first), int(last or first)


RANGE_SCHEMA: Final[dict[str, Json]] = {"type": "string", "pattern": r"^[0-9]{1,5}-[0-9]{1,5}$"}
"""JSON Schema of a range of ports."""


def in_words(services: Intervals, most: int = 6) -> str:
    """Return services, with what runs on them where that is one thing: ``tcp/22 (SSH), tcp/443 and 3 more``."""
    return _listed([_with_name(word, word) for word in words_of(services)], most)


def listed_in_words(services: Intervals, specs: Json, most: int = 6) -> str:
    """Return which of the listed ports are among services, in the order of the list, with what runs on them."""
    parts = list(parts_listed(services, specs))
    if len(parts) > most and services_named(specs) <= services:
        return f"all {len(parts)} listed ports, {_listed([_with_name(*part) for part in parts], 3)} among them"
    return _listed([_with_name(*part) for part in parts], most)


def parts_listed(services: Intervals, specs: Json) -> Iterator[tuple[str, str]]:
    """Yield what of each listed port is among services, and the list's own word for it."""
    for spec in _specs(specs):
        for word in words_of(services & _services((spec,))):
            yield word, spec


def _specs(specs: Json) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(spec) for spec in specs)) if isinstance(specs, list) else ()


def _with_name(word: str, spec: str) -> str:
    return f"{word} ({SENSITIVE[spec]})" if spec in SENSITIVE else word


def _listed(words: list[str], most: int) -> str:
    return ", ".join(words[:most]) + (f" and {len(words) - most} more" if len(words) > most else "")
