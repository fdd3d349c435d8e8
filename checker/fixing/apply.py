"""Does what a remediation says: adds its blocks, or changes those that do the same already."""

from __future__ import annotations

from collections.abc import Sequence

from checker.fixing.change import Change, add, called, merge, module_path
from checker.fixing.entries import put_inside
from checker.fixing.existing import change_there, there
from checker.fixing.landing import landing
from checker.fixing.lift import REFERENCE
from checker.fixing.model import CannotFix
from checker.fixing.places import Path_, Spot
from checker.fixing.written import Written, take_apart
from checker.model.record import replace


def as_written(change: Change) -> None:
    """Do what the finding's remediation says."""
    apply_written(change, take_apart(change.terraform))


def apply_written(change: Change, written: Sequence[Written]) -> None:
    """Put the blocks of a remediation into the source."""
    changes = [(each, target(change, each)) for each in written if each.changes]
    new: list[Written] = []
    existing: list[tuple[Written, Spot]] = []
    rest = [each for each in written if not each.changes]
    for each in rest:
        spot = there(change, each, module_path(each.module))
        if spot is not None:
            existing.append((each, spot))
        elif not put_inside(change, each, module_path(each.module)):
            new.append(each)
    for each, spot in existing:
        policy = each.name[0] in ("aws_s3_bucket_policy", "aws_kms_key_policy")
        if not policy:
            continue
        change_there(change, each, spot, new)
        new = []
    beside = changes[0][1] if changes else None
    names = add(change, new, _home_of(change, changes, new), beside) if new else {}
    for each, spot in existing:
        if each.name[0] not in ("aws_s3_bucket_policy", "aws_kms_key_policy"):
            fresh, _ = change.again(spot)
            change_there(change, replace(each, text=called(each.text, names)), fresh, [])
    for each, spot in changes:
        fresh, _ = change.again(spot)
        merge(change, each, fresh, names)


def target(change: Change, written: Written) -> Spot:
    """Return the block that a remediation changes."""
    return change.places.need(module_path(written.module), "resource", *written.name)


def _home_of(change: Change, changes: Sequence[tuple[Written, Spot]], new: Sequence[Written]) -> Path_ | None:
    """Return the module in which the arguments are set that name new blocks; None where none does."""
    own = {each.name for each in new}
    homes = set()
    for each, spot in changes:
        for argument in each.block().arguments:
            value = each.text[argument.value : argument.end]
            if any((found["type"], found["name"]) in own for found in REFERENCE.finditer(value)):
                homes.add(landing(change.places, spot, spot.block, argument.name).module)
    if len(homes) > 1:
        raise CannotFix("its arguments are set in several modules")
    return next(iter(homes), None)
