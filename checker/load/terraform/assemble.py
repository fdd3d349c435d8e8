"""Rows to instances: after and before the plan."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from typing import TYPE_CHECKING

from checker.load.terraform.configuration import Configuration
from checker.load.terraform.instance import Instance, Value
from checker.load.terraform.instances import Instances
from checker.load.terraform.inventory import Inventory
from checker.load.terraform.plan_file import PlanFile
from checker.load.terraform.provider import Providers, Sight, provider_key
from checker.load.terraform.rows import Row, deposed_key
from checker.load.terraform.settle import Settler
from checker.model.known import Maybe, Unknown
from checker.model.origin import Origin, Source
from checker.model.record import dataclass, replace

if TYPE_CHECKING:
    from checker.load.terraform.source_beside import SourceBeside


@dataclass(frozen=True, slots=True)
class Assembly:
    """What instances of one plan or state have in common."""

    kind: Source
    label: str
    path: str
    """The plan file, as the person named it."""
    configuration: Configuration
    providers: Providers
    source: SourceBeside | None

    def instance(
        self,
        row: Row,
        values: Mapping[str, Value],
        configured: frozenset[str] | None = None,
        assumed: Mapping[str, str] | None = None,
    ) -> Instance:
        """Return one instance with its origin and provider."""
        region, account = self._provider(row)
        return Instance(
            address=row.address,
            module=row.module,
            managed=row.managed,
            type=row.type,
            name=row.name,
            index=row.index,
            values=values,
            configured=configured,
            provider_region=region,
            provider_account=account,
            origin=self._origin(row),
            assumed=assumed or {},
        )

    def _provider(self, row: Row) -> tuple[Maybe[str], Maybe[str]]:
        key = provider_key(self.configuration, row)
        region, account = self.providers.region(key), self.providers.account(key)
        if self.source is None or not (isinstance(region, Unknown) or isinstance(account, Unknown)):
            return region, account
        told_region, told_account = self.source.provider(row.address)
        return (
            told_region if isinstance(region, Unknown) and not isinstance(told_region, Unknown) else region,
            told_account if isinstance(account, Unknown) and not isinstance(told_account, Unknown) else account,
        )

    def _origin(self, row: Row) -> Origin:
        found = self.source.origin(row.address) if self.source is not None else None
        return found or Origin(
            source=self.kind, root=self.label, address=row.address, path=self.path, managed=row.managed
        )


def after(assembly: Assembly, inventory: Inventory, settler: Settler, wanted: Container[str]) -> Instances:
    """Return the instances after the plan, sorted by address, each settled when it is first asked for."""
    standings = inventory.standing

    def make(address: str) -> Instance:
        settled = settler.settle(standings[address])
        return assembly.instance(standings[address].row, settled.values, settled.configured, settled.assumed)

    kinds = {
        address: standings[address].row.kind for address in sorted(standings) if standings[address].values is not None
    }
    return Instances({address: kind for address, kind in kinds.items() if kind in wanted}, make)


def before(assembly: Assembly, plan: PlanFile, wanted: Container[str]) -> tuple[Instance, ...]:
    """Return the instances before the plan, as the refreshed state has them, sorted by address.

    An instance that moves stands at its old address. A deposed flow log stands beside the one at its address: it
    records until the plan destroys it.
    """
    found: dict[str, Instance] = {}
    for change in plan.changes:
        if change.before is None or not change.row.managed or change.row.kind not in wanted:
            continue
        row = change.row.at(change.was)
        if row.deposed is None:
            found[row.address] = assembly.instance(row, change.before)
        elif (key := deposed_key(row)) is not None:
            found[key] = replace(assembly.instance(row, change.before), address=key)
    for held in plan.prior:
        if held.values is not None and held.row.kind in wanted:
            found.setdefault(held.row.address, assembly.instance(held.row, held.values))
    return tuple(found[address] for address in sorted(found))


def sights(plan: PlanFile, inventory: Inventory) -> Iterator[Sight]:
    """Yield what existing instances tell of their provider configurations."""
    for standing in inventory.standing.values():
        row, values = standing.row, standing.values
        if values is None or (row.managed and not isinstance(values.get("arn"), str)):
            continue  # all that a resource tells stands in its ARN
        if not (row.kind == "data.aws_region" and _asks_for_another(plan, row)):
            yield Sight(row, provider_key(plan.configuration, row), values)


def _asks_for_another(plan: PlanFile, row: Row) -> bool:
    """Return whether a data source reads a region that its configuration names."""
    resource = plan.configuration.resource(row.module_path, row.managed, row.type, row.name)
    return resource is not None and not {"name", "region", "endpoint"}.isdisjoint(resource.expressions)
