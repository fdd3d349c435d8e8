"""What a rule is: metadata around two functions. No base class, no registration by import."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from checker.model.diagnosis import Recorded
from checker.model.entity import Entity
from checker.model.finding import Confidence, Evidence, Json, Remediation, Severity, Status
from checker.model.firewall import Direction
from checker.model.known import Key
from checker.model.loaded import ResourceChange
from checker.model.model import NetworkModel
from checker.model.record import dataclass, field

Params = Mapping[str, Json]
Order = Callable[[Json, Json], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a rule says of one subject. Exactly one per rule and subject: further defects are evidence."""

    status: Status
    message: str
    evidence: tuple[Evidence, ...]
    """Never empty, for passes too: auditors read those."""
    facts: Mapping[str, Json]
    """What the rule read, without ids known only after apply: equal facts mean an unchanged situation."""
    severity: Severity | None = None
    """Only where it differs from the rule's."""
    confidence: Confidence = Confidence.HIGH
    remediation: Remediation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a rule may look at."""

    model: NetworkModel
    before: NetworkModel | None = None
    changes: tuple[ResourceChange, ...] = ()
    demands: Mapping[str, Params] = field(default_factory=dict)
    """Default parameters of every enabled rule by id: coverage counts only logs that qualify under the others."""
    params_for: Callable[[str, Entity], Params | None] = lambda _rule, _entity: None
    """Parameters of a rule for an entity after selectors; None when the rule is switched off there."""
    recorded: Recorded | None = None
    """What flow log records showed; None where none were read."""
    new_entries: dict[tuple[Key, Direction], dict[object, int | None]] = field(
        default_factory=dict, repr=False, compare=False
    )
    """Rule numbers that fixes have given to new entries, by ACL and direction: no two of one run get the same."""
    memory: dict[tuple[str, ...], object] = field(default_factory=dict, repr=False, compare=False)
    """What several rules derive from this model, kept while it is judged. Results do not depend on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. Its module's docstring is its page (docs/rules/<ID>.md)."""

    id: str
    name: str
    """Kebab case, names the bad pattern: ``vpc-flow-log-missing``."""
    title: str
    severity: Severity
    subjects: Callable[[Context], Iterable[Entity]]
    check: Callable[[Entity, Context, Params], Outcome]
    """Called for each subject with the parameters that hold for it."""
    why: str
    """One sentence: why a failure matters."""
    default_params: Params = field(default_factory=dict)
    params_schema: Mapping[str, Json] = field(default_factory=dict)
    """JSON Schema of the parameters (``properties`` of an object that takes nothing else)."""
    enabled_by_default: bool = True
    quick: Callable[[Entity, Context, Params], Status | None] | None = None
    """What ``check`` would say, without the reasons; None where only ``check`` can tell. Where many ask for no more."""
    stricter: Mapping[str, Order] = field(default_factory=dict)
    """By parameter: whether the first value asks no less than the second. Then all that passes under the first passes
    under the second, and all that fails under the second fails under the first, whatever holds for other rules."""
    subject_key: Callable[[Entity], Key] = lambda entity: entity.key
