"""Instances of one root, each made when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import overload

from checker.load.terraform.instance import Instance


class Instances(Sequence[Instance]):
    """Instances by address. Settling one takes long, and of a large plan the chosen rules may need only some."""

    def __init__(self, kinds: Mapping[str, str], make: Callable[[str], Instance]) -> None:
        """Take the kind (``aws_vpc``, ``data.aws_vpc``) of each address, and what makes the instance there."""
        self.kinds = kinds
        self._make = make
        self._made: dict[str, Instance] = {}

    @classmethod
    def of(cls, made: Iterable[Instance]) -> Instances:
        """Return instances that are made already."""
        by_address = {each.address: each for each in made}
        return cls({address: each.kind for address, each in by_address.items()}, by_address.__getitem__)

    def __iter__(self) -> Iterator[Instance]:
        return map(self.at, self.kinds)

    @overload
    def __getitem__(self, number: int) -> Instance: ...
    @overload
    def __getitem__(self, number: slice) -> tuple[Instance, ...]: ...
    def __getitem__(self, number: int | slice) -> Instance | tuple[Instance, ...]:
        addresses = list(self.kinds)
        if isinstance(number, slice):
            return tuple(map(self.at, addresses[number]))
        return self.at(addresses[number])

    def __len__(self) -> int:
        return len(self.kinds)

    def at(self, address: str) -> Instance:
        """Return the instance at an address; raises KeyError where there is none."""
        if address not in self._made:
            self._made[address] = self._make(address)
        return self._made[address]
