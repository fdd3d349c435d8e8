"""Fixes findings one after the other, judges the new source, and goes on with what still fails."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from checker.errors import HclError
from checker.fixing.adding import New
from checker.fixing.by_rule import fixer_of
from checker.fixing.change import Change
from checker.fixing.files import Files
from checker.fixing.model import CannotFix, Choices, Fix
from checker.fixing.places import Places
from checker.fixing.written import subject
from checker.load.terraform.source.evaluate import Evaluation
from checker.load.terraform.source.lexical import ScanError
from checker.model.finding import Finding, Status
from checker.model.record import dataclass, field

Judge: TypeAlias = Callable[[Mapping[Path, str]], Mapping[str, Finding]]
"""Judges the source with other texts in place of files; findings by id."""

Look: TypeAlias = Callable[[Mapping[Path, str]], Evaluation]
"""Reads the tree of modules in the same way."""

_ROUNDS: Final = 8
"""A finding may have several causes, of which a remediation names one; so many are resolved one after the other."""


_RECORDS: Final = "apply it, and read the records that follow"
_PLAN: Final = "plan again"
_STUCK: Final = "it still fails after all that its remediation says: it is left as it was"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run of fixes comes to. Nothing is written yet."""

    files: Files
    fixes: tuple[Fix, ...]
    new: tuple[Finding, ...] = ()
    """What fails in the new source and did not fail before."""


@dataclass(slots=True, kw_only=True)
class Fixing:
    """One run over the findings of one root module."""

    judge: Judge
    look: Look
    choices: Choices
    within: Path
    var_files: Sequence[Path] = ()
    files: Files = field(default_factory=Files)
    added: dict[tuple[Path, str], New] = field(default_factory=dict)

    def run(self, findings: Sequence[Finding]) -> Outcome:
        """Return what becomes of findings; the source as it is on disk decides what is new.

        What still fails after everything that its remediation says is left as it was.
        """
        before = self.judge({})
        hopeless: dict[str, str] = {}
        while True:
            self.files.back({})
            self.added.clear()
            outcome, stuck = self._attempt(findings, before, hopeless)
            if not stuck:
                return outcome
            hopeless.update(stuck)

    def _attempt(
        self, findings: Sequence[Finding], before: Mapping[str, Finding], hopeless: Mapping[str, str]
    ) -> tuple[Outcome, dict[str, str]]:
        """Fix all findings but the hopeless ones; return what came of it, and what turned out to be hopeless."""
        fixes = [_begin(each, before, hopeless) for each in findings]
        pending = [fix for fix in fixes if fix.reason is None]
        after = before
        for _ in range(_ROUNDS):
            changed = self._round(pending)
            if not changed:
                break
            after = self.judge(self.files.changed())
            pending = [fix for fix in changed if _goes_on(fix, after.get(fix.finding.id), before)]
            taken = {fix.finding.id for fix in fixes}
            new = [after[key] for key in _new(before, after) if key not in taken]
            follow = [Fix(finding=each, follows=True) for each in new if self._made(each)]
            fixes += follow
            pending += follow
        stuck = {fix.finding.id: _STUCK for fix in pending if fix.reason is None and not fix.follows}
        _settle(fixes, after)
        failing = tuple(after[key] for key in _new(before, after))
        return Outcome(files=self.files, fixes=tuple(fixes), new=failing), stuck

    def _made(self, finding: Finding) -> bool:
        """Return whether a finding is about something that this run has added."""
        address = subject(finding.resource.address)
        return address is not None and any(
            (block.type, block.name) == (address.type, address.name) for block in self.added.values()
        )

    def _round(self, pending: Sequence[Fix]) -> list[Fix]:
        """Fix findings once; return those for which the source was changed."""
        if not pending:
            return []
        evaluation = self.look(self.files.changed())
        places = Places(evaluation.tree, self.files, self.within, self.var_files)
        done: list[Fix] = []
        start = dict(self.files.changed())
        for fix in pending:
            change = Change(places=places, evaluation=evaluation, choices=self.choices, fix=fix, added=self.added)
            if self._one(change):
                done.append(fix)
        return [] if self.files.changed() == start else done

    def _one(self, change: Change) -> bool:
        mark, added = self.files.mark(), dict(self.added)
        told = list(change.fix.done), list(change.fix.notes)
        try:
            fixer_of(change.fix.finding.rule_id)(change)
        except (CannotFix, HclError, ScanError) as error:
            self.files.back(mark)
            self.added.clear()
            self.added.update(added)
            change.fix.done, change.fix.notes = told
            change.fix.reason = str(error)
            return False
        return True


def _new(before: Mapping[str, Finding], after: Mapping[str, Finding]) -> list[str]:
    """Return the ids of what fails only after the change."""
    return [key for key in after if _fails(after, key) and not _fails(before, key)]


def _fails(findings: Mapping[str, Finding], key: str) -> bool:
    return key in findings and findings[key].status is Status.FAIL


def _begin(finding: Finding, before: Mapping[str, Finding], hopeless: Mapping[str, str]) -> Fix:
    """Return a finding as the source has it, where it fails there too: that holds all facts."""
    now = before.get(finding.id)
    if now is not None and now.status is Status.PASS:
        return Fix(finding=finding, gone=True, reason="the source passes already: it is not planned or applied yet")
    found = now if now is not None and now.status is Status.FAIL else finding
    return Fix(finding=found, reason=hopeless.get(finding.id))


def _goes_on(fix: Fix, now: Finding | None, before: Mapping[str, Finding]) -> bool:
    """Note what the new source says of a finding; return whether it still fails and there is more to do."""
    if now is None:
        fix.gone = True if fix.finding.id in before or fix.follows else None
        if fix.gone is None:
            traffic = fix.finding.rule_id.startswith("TR")
            fix.notes.append(f"the source alone does not show it: {_RECORDS if traffic else _PLAN}")
        return False
    if now.status is Status.UNKNOWN:
        fix.gone = None
        fix.notes.append(f"the source alone does not tell whether it is gone: {now.message}")
        return False
    fix.gone = now.status is not Status.FAIL
    if fix.gone:
        return False
    fix.finding = now
    return True


def _settle(fixes: Sequence[Fix], after: Mapping[str, Finding]) -> None:
    """Note what the fix of another finding has resolved."""
    for fix in fixes:
        now = after.get(fix.finding.id)
        if fix.reason is not None and fix.gone is None and now is not None and now.status is Status.PASS:
            fix.reason, fix.gone = None, True
            fix.notes.append("another fix resolves it")
