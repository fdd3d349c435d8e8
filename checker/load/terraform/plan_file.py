"""One plan document, read section by section into redacted rows. Nothing unredacted outlives this module."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import Any, Final

from checker.errors import PlanError
from checker.load.terraform.configuration import Configuration, configuration_hook
from checker.load.terraform.document import HOW, Hook, Section, decode_at, sections
from checker.load.terraform.instance import Value
from checker.load.terraform.redact import alike
from checker.load.terraform.rows import Held, Odd, Planned, Row, address_hook, change_hook, state_hook
from checker.model.record import dataclass, field, replace

_PLAN_ONLY: Final = frozenset({"resource_changes", "planned_values", "configuration", "prior_state", "resource_drift"})
_HEAD: Final = frozenset(
    {"format_version", "terraform_version", "complete", "errored", "applyable", "serial", "lineage"}
)
"""Members that are kept as they are when they are no objects or lists."""
_SUPPORTED_MAJOR: Final = ("0", "1")
_SECRETS: Final = ("secret", "password", "parameter", "token", "credential", "auth", "key_pair", "tls_", "vault_")
"""Parts of the types of data sources that read secrets, which not every provider version marks as sensitive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFile:
    """What one plan says, redacted."""

    head: Mapping[str, Any]
    """format_version, terraform_version, complete, errored: scalars only."""
    changes: tuple[Planned, ...]
    drift: tuple[Planned, ...]
    prior: tuple[Held, ...]
    """Data sources, and managed objects for which ``changes`` has no row."""
    deferred: tuple[Planned, ...]
    configuration: Configuration
    variables: Mapping[str, Any] = field(repr=False)
    """Root variables that are not declared sensitive. They may hold secrets all the same and must not be reported."""
    odd: tuple[tuple[str, str], ...]
    """Rows that cannot be read: where, and why."""
    trimmed: bool
    """Whether it tells of ``planned_values`` but of no changes: such a plan was edited by hand."""

    def dropped(self, held: Held) -> bool:
        """Return whether an object of the prior state is gone after the plan, though no change says so."""
        if held.row.managed:
            return self.trimmed
        module = self.configuration.module(held.row.module_path) if self.configuration.given else None
        return module is not None and ("data", held.row.type, held.row.name) not in module.resources


def read_plan(text: str, name: str, wanted: Container[str]) -> PlanFile:
    """Return what a plan document says about the wanted kinds (``aws_vpc``, ``data.aws_vpc``).

    Raises PlanError where the text is no plan of a format that is known, naming what it is and what to do.
    """
    reader = _Reader(text, name, wanted)
    found = {section.name: section for section in sections(text, name, reader.hook_for)}
    check_kind(found, name, command="plan")
    check_format(found, name)
    return reader.plan(found)


def check_format(found: Mapping[str, Section], name: str) -> None:
    """Refuse formats with an unknown major version; raises PlanError."""
    section = found.get("format_version")
    if section is None or section.value is None:
        return
    version = section.value
    if not isinstance(version, str) or version.split(".")[0] not in _SUPPORTED_MAJOR:
        raise PlanError(
            f"{name}: format_version {version!r} is not supported; flowcheck reads 0.1 to 1.x",
            hint="A newer flowcheck may read it; an older Terraform writes an older format.",
        )


def check_kind(found: Mapping[str, Section], name: str, *, command: str) -> None:
    """Refuse documents of another kind than the command asks for; raises PlanError that says what to do instead."""
    if {"version", "serial", "lineage"} <= found.keys() or ("lineage" in found and "resources" in found):
        raise PlanError(
            f"{name}: this is a raw state file (terraform.tfstate), whose format is internal to Terraform",
            hint="Run: terraform show -json terraform.tfstate > state.json && flowcheck state state.json",
        )
    if "@level" in found and "@message" in found:
        raise PlanError(f"{name}: this is the log of `terraform plan -json`, not a plan", hint=HOW)
    is_plan = not _PLAN_ONLY.isdisjoint(found)
    is_state = not is_plan and ("values" in found or {"format_version", "terraform_version"} <= found.keys())
    if command == "plan" and is_state:
        raise PlanError(f"{name}: this is a state, not a plan", hint=f"Run: flowcheck state {name}")
    if command == "state" and is_plan:
        raise PlanError(f"{name}: this is a plan, not a state", hint=f"Run: flowcheck plan {name}")
    if not is_plan and not is_state:
        raise PlanError(
            f"{name}: this JSON is neither a Terraform plan nor a state: it has {_names(found)}",
            hint=HOW,
        )


def _names(found: Mapping[str, Section]) -> str:
    names = sorted(found)[:5]
    return "the members " + ", ".join(repr(each[:40]) for each in names) if names else "no members"


class _Reader:
    """Chooses what is kept of each section."""

    def __init__(self, text: str, name: str, wanted: Container[str]) -> None:
        self._text = text
        self._name = name
        self._wanted = wanted

    def hook_for(self, section: str) -> Hook | None:
        if section in ("resource_changes", "resource_drift", "deferred_changes"):
            return change_hook(self._wanted)
        if section == "prior_state":
            return state_hook(lambda row: not row.managed and _readable(row))
        if section == "planned_values":
            return address_hook
        if section == "configuration":
            return configuration_hook(self._wanted)
        return None if section in ("variables", "values") or section in _HEAD else _drop

    def plan(self, found: Mapping[str, Section]) -> PlanFile:
        odd: list[tuple[str, str]] = []
        changes = self._changes(found.get("resource_changes"), odd)
        told = {change.row.address for change in changes} | {change.was for change in changes}
        prior = self._held(found.get("prior_state"), told, odd)
        planned = self._planned(found.get("planned_values"), told, odd)
        before = {held.row.address: held.values for held in prior}
        configuration = Configuration.read(_value(found, "configuration"), self._name)
        return PlanFile(
            head={key: found[key].value for key in sorted(_HEAD & found.keys()) if _scalar(found[key].value)},
            changes=(*changes, *(_as_planned(held, before) for held in planned if held.row.managed)),
            drift=self._changes(found.get("resource_drift"), odd),
            prior=prior,
            deferred=self._deferred(found.get("deferred_changes")),
            configuration=configuration,
            variables=_plain_variables(_value(found, "variables"), configuration),
            odd=tuple(odd),
            trimmed=bool(planned) and not changes,
        )

    def _changes(self, section: Section | None, odd: list[tuple[str, str]]) -> tuple[Planned, ...]:
        if section is None or section.value is None:
            return ()
        if not isinstance(section.value, list):
            raise PlanError(f"{self._name}: {section.name} is not a list", hint=HOW)
        changes = []
        for number, item in enumerate(section.value):
            if isinstance(item, Planned):
                changes.append(item)
            else:
                why = item.why if isinstance(item, Odd) else "it is no resource change"
                odd.append((f"{section.name}[{number}]", why))
        return tuple(changes)

    def _deferred(self, section: Section | None) -> tuple[Planned, ...]:
        if section is None or not isinstance(section.value, list):
            return ()
        inner = (item.get("resource_change") for item in section.value if isinstance(item, dict))
        return tuple(item for item in inner if isinstance(item, Planned))

    def _planned(self, section: Section | None, told: set[str], odd: list[tuple[str, str]]) -> tuple[Held, ...]:
        """Return what only ``planned_values`` tells of; in most plans that is nothing, and addresses show it."""
        if section is None or all(
            isinstance(item, tuple) and item[0] in told
            for module in _modules(section.value)
            for item in _list(module.get("resources"))
        ):
            return ()
        value, _ = decode_at(self._text, section.start, self._name, self.hook_for("prior_state"))
        return self._held(Section(section.name, value, section.start), told, odd)

    def _held(self, section: Section | None, told: set[str], odd: list[tuple[str, str]]) -> tuple[Held, ...]:
        """Return the data sources of a state, and the managed objects that are not told of elsewhere.

        Their values were let go of at first reading, since in most plans all of them are told of elsewhere.
        """
        rows = self._rows(section, odd)
        lost = [held.row for held in rows if held.row.managed and held.row.deposed is None]
        missing = {row.address: row.local for row in lost if row.address not in told}
        if section is not None and missing:
            kept = set(missing.values())
            hook = state_hook(
                lambda row: row.kind in self._wanted and row.local in kept if row.managed else _readable(row)
            )
            value, _ = decode_at(self._text, section.start, self._name, hook)
            rows = list(_walk(value, self._name, []))
        return tuple(
            held for held in rows if held.row.deposed is None and (not held.row.managed or held.row.address in missing)
        )

    def _rows(self, section: Section | None, odd: list[tuple[str, str]]) -> list[Held]:
        return [] if section is None else list(_walk(section.value, f"{self._name}: {section.name}", odd))


def _walk(state: Any, name: str, odd: list[tuple[str, str]]) -> Iterable[Held]:
    """Yield the rows of a state or of ``planned_values``, module by module."""
    for module in _modules(state):
        for number, item in enumerate(_list(module.get("resources"))):
            if isinstance(item, Held):
                yield _in_module(item, module.get("address"))
            else:
                odd.append((f"{name} resource {number}", item.why if isinstance(item, Odd) else "it is no resource"))


def _modules(state: Any) -> Iterable[dict[str, Any]]:
    """Yield the modules of a state (``values`` inside, or itself) or of ``planned_values``, each before its own."""
    if isinstance(state, dict) and "values" in state:
        state = state["values"]
    modules = [state.get("root_module")] if isinstance(state, dict) else []
    while modules:
        module = modules.pop()
        if isinstance(module, dict):
            yield module
            modules += reversed(_list(module.get("child_modules")))


def _in_module(held: Held, module: Any) -> Held:
    """Return an object with its full address: Terraform 0.12 leaves the module out of those in prior_state."""
    if held.row.module or not isinstance(module, str) or not module:
        return held
    return replace(held, row=held.row.at(f"{module}.{held.row.address}"))


def walk_state(state: Any, name: str) -> tuple[tuple[Held, ...], tuple[tuple[str, str], ...]]:
    """Return the rows of a state that was decoded with ``state_hook``, and those that cannot be read."""
    odd: list[tuple[str, str]] = []
    return tuple(_walk(state, name, odd)), tuple(odd)


def _as_planned(held: Held, before: Mapping[str, Mapping[str, Value] | None]) -> Planned:
    """Return an object that only ``planned_values`` tells of as if a change told of it."""
    was = before.get(held.row.address)
    action = "create" if was is None else "no-op" if alike(dict(was), dict(held.values or {})) else "update"
    return Planned(
        row=held.row,
        previous=None,
        actions=(action,),
        before=was,
        after=held.values,
        open=False,
        reason=None,
        replace_paths=(),
        imported=False,
    )


def _readable(row: Row) -> bool:
    """Return whether a data source's values may be kept: expressions beside the plan can refer to any of them."""
    return not any(part in row.type for part in _SECRETS)


def _plain_variables(variables: Any, configuration: Configuration) -> dict[str, Any]:
    """Return the root variables' values without those that are declared sensitive."""
    if not isinstance(variables, dict):
        return {}
    return {
        name: item["value"]
        for name, item in variables.items()
        if isinstance(item, dict) and "value" in item and name not in configuration.sensitive_variables
    }


def _value(found: Mapping[str, Section], name: str) -> Any:
    section = found.get(name)
    return None if section is None else section.value


def _scalar(value: Any) -> bool:
    return isinstance(value, bool | int | float | str)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _drop(_: dict[str, Any]) -> None:
    return None
