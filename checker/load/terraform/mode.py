"""What kind of plan it is: whole, targeted, refresh-only, destroy, errored. Said aloud, never passed silently."""

from __future__ import annotations

from checker.load.terraform.plan_file import PlanFile
from checker.model.finding import Gap
from checker.model.known import Unknown
from checker.model.model import Unread
from checker.model.record import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """What is to be said about the plan as a whole."""

    words: tuple[str, ...]
    """Empty for a whole, ordinary plan."""
    notes: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()
    unread: tuple[Unread, ...] = ()

    @property
    def limited(self) -> bool:
        """Whether resources of the configuration may be missing from the plan."""
        return not {"targeted", "errored", "deferred", "refresh-only"}.isdisjoint(self.words)

    def facts(self) -> dict[str, str]:
        """Return the facts of the input."""
        told = {"mode": ", ".join(self.words) or "normal"}
        return {**told, "note": " ".join(self.notes)} if self.notes else told


def mode_of(plan: PlanFile, name: str, label: str) -> Mode:
    """Return the mode of a plan, with the gaps that it leaves."""
    words = []
    gaps: list[Gap] = []
    unread: list[Unread] = []
    notes: list[str] = []
    untouched = sum(held.row.managed for held in plan.prior) if not plan.trimmed else 0
    managed = [change for change in plan.changes if change.row.managed and change.row.deposed is None]
    if plan.head.get("errored") is True:
        words.append("errored")
        gaps.append(Gap(what=name, cause="Terraform failed while it made this plan", affects=_MISSING))
        unread.append(_unread(f"{name}: Terraform failed while it made this plan", (), label))
    if not plan.changes and untouched:
        words.append("refresh-only")
        notes.append("A refresh-only plan: nothing is changed, and the state is judged as it stands.")
    if managed and all(change.actions == ("delete",) and change.reason is None for change in managed):
        words.append("destroy")
        notes.append(f"A destroy plan: {_count(len(managed))} will be gone, and what is gone is not judged.")
    if plan.deferred:
        words.append("deferred")
        types = tuple(sorted({change.row.type for change in plan.deferred}))
        gaps.append(Gap(what=name, cause=f"Terraform deferred changes to {', '.join(types)}", affects=_MISSING))
        unread.append(_unread(f"{name}: Terraform deferred these changes", types, label))
    limited = (plan.head.get("complete") is False or (plan.changes and untouched)) and words[:1] != ["errored"]
    if limited and not plan.deferred:
        words.append("targeted")
        gaps.append(Gap(what=name, cause=_targeted(untouched), affects=_MISSING))
    return Mode(words=tuple(words), notes=tuple(notes), gaps=tuple(gaps), unread=tuple(unread))


_MISSING = "resources that are not in this plan are not examined as a whole plan would leave them"


def _targeted(untouched: int) -> str:
    left = f"; {_count(untouched)} of the state are left as they are" if untouched else ""
    return f"the plan is limited, as by -target or -exclude{left}"


def _count(number: int) -> str:
    return "1 resource" if number == 1 else f"{number} resources"


def _unread(cause: str, types: tuple[str, ...], label: str) -> Unread:
    return Unread(types=types, root=label or None, cause=Unknown(cause))
