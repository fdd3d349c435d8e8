"""Terraform addresses: written and read. ``module.net["a"].data.aws_vpc.this[0]``."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Final, Literal, TypeAlias

from checker.load.terraform.instance import InstanceKey
from checker.model.record import dataclass

Mode: TypeAlias = Literal["managed", "data"]

_STEP: Final = re.compile(r'\.?([^\W\d][\w-]*)(?:\[(?:(\d+)|("(?:[^"\\]|\\.)*"))\])?')
_LOCAL: Final = re.compile(r"(data\.)?(?!module\.|data\.)([^\W\d][\w-]*)\.([^\W\d][\w-]*)(?:\[(\d+)\])?")
"""What most addresses end with: a resource, without a text as its key."""


@dataclass(frozen=True, slots=True)
class Address:
    """An instance address, taken apart."""

    modules: tuple[tuple[str, InstanceKey], ...]
    """Module calls from the root down, each with the key of its instance."""
    mode: Mode
    type: str
    name: str
    key: InstanceKey

    @property
    def module_path(self) -> tuple[str, ...]:
        """Names of the module calls, without keys."""
        return tuple(name for name, _ in self.modules)


def with_key(text: str, key: InstanceKey) -> str:
    """Return an address with an instance key behind it, as Terraform prints it."""
    if key is None:
        return text
    return f"{text}[{key}]" if isinstance(key, int) else f"{text}[{quoted(key)}]"


def quoted(key: str) -> str:
    """Return a string key in quotes, as Terraform prints it in an address."""
    text = json.dumps(key, ensure_ascii=False)
    return text.replace("${", "$${").replace("%{", "%%{")


def join(module: str, name: str) -> str:
    """Return ``name`` inside a module instance; the root module's address is empty."""
    return f"{module}.{name}" if module else name


@lru_cache(maxsize=1 << 12)  # many resources lie in one module instance
def module_address(modules: tuple[tuple[str, InstanceKey], ...]) -> str:
    """Return the address of a module instance; empty for the root module."""
    address = ""
    for name, key in modules:
        address = join(address, with_key(f"module.{name}", key))
    return address


@lru_cache(maxsize=1 << 16)  # one plan names each address in several places
def parse_address(text: str) -> Address | None:
    """Return the parts of a resource instance address; None when it is none."""
    head, sign, tail = text.rpartition("].")
    found = _LOCAL.fullmatch(tail)  # without quotes in it, so that the split is none inside a key
    if found is None or not sign:
        return _parsed(text)
    modules = _modules(f"{head}]")
    if modules is None:
        return _parsed(text)
    data, type_, name, number = found.groups()
    return Address(modules, "data" if data else "managed", type_, name, None if number is None else int(number))


def _parsed(text: str) -> Address | None:
    split = _split(text)
    if split is None:
        return None
    modules, steps = split
    mode: Mode = "managed"
    if steps and steps[0] == ("data", None):
        mode, steps = "data", steps[1:]
    if len(steps) != 2 or steps[0][1] is not None:
        return None
    (type_, _), (name, key) = steps
    return Address(modules, mode, type_, name, key)


@lru_cache(maxsize=1 << 12)  # many resources lie in one module instance
def _modules(text: str) -> tuple[tuple[str, InstanceKey], ...] | None:
    """Return the module calls of a module instance's address; None when it is none."""
    split = _split(text)
    return None if split is None or split[1] else split[0]


def _split(text: str) -> tuple[tuple[tuple[str, InstanceKey], ...], list[tuple[str, InstanceKey]]] | None:
    """Return the module calls that an address begins with, and the steps behind them."""
    steps = _steps(text)
    if steps is None:
        return None
    modules: list[tuple[str, InstanceKey]] = []
    while len(steps) >= 2 and steps[0] == ("module", None):
        modules.append(steps[1])
        steps = steps[2:]
    return tuple(modules), steps


def _steps(text: str) -> list[tuple[str, InstanceKey]] | None:
    steps: list[tuple[str, InstanceKey]] = []
    position = 0
    while position < len(text):
        found = _STEP.match(text, position)
        if found is None or (text[position] == ".") != (position > 0):
            return None
        name, number, string = found.groups()
        key: InstanceKey = int(number) if number is not None else None
        if string is not None:
            key = _unquoted(string)
        steps.append((name, key))
        position = found.end()
    return steps


def _unquoted(text: str) -> str:
    try:
        plain = str(json.loads(text))
    except ValueError:
        plain = text[1:-1]
    return plain.replace("$${", "${").replace("%%{", "%{")
