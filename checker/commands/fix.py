"""``flowcheck fix``."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from checker.app import settings_of
from checker.errors import FixError, InputError, UsageError
from checker.model.finding import Finding, Report, Status
from checker.model.record import dataclass, replace
from checker.settings import Settings

if TYPE_CHECKING:
    from checker.fixing.run import Outcome
    from checker.judging import Demands
    from checker.load.terraform.source.evaluate import Evaluation


def fix(flags: dict[str, Any]) -> int:
    """Write the Terraform that resolves findings, or show it with ``--check``.

    Returns 0 when nothing is left to do, 1 when ``--check`` shows a change or something chosen is not resolved.
    """
    from checker.fixing.model import Choices
    from checker.fixing.run import Fixing
    from checker.fixing_text import outcome_text
    from checker.judging import read_demands
    from checker.load.hcl import check_folder

    wanted = _wanted(flags)
    settings = replace(settings_of(flags), only=(), skip=())
    folder = Path(settings.inputs[0])
    check_folder(folder)
    demands = read_demands(replace(settings, command="hcl"))
    source = _Source(folder, settings, demands)
    told = _findings(source, flags, settings, demands)
    findings = _chosen(told.findings, wanted)
    fixing = Fixing(
        judge=source.judge,
        look=source.look,
        choices=Choices(given=_values(flags)),
        within=Path(flags.get("within") or folder),
        var_files=source.var_files(),
    )
    outcome = fixing.run(findings)
    bad = [each for each in outcome.new if each.severity >= settings.fail_on]
    check = bool(flags.get("check"))
    undecided = [each for each in told.findings if each.status is Status.UNKNOWN and wanted.takes(each)]
    print(outcome_text(outcome, check=check, diff=check or settings.verbose, left=(undecided, told.gaps)), end="")
    if bad and not check and not flags.get("force"):
        names = ", ".join(f"{each.rule_id} {each.resource.address}" for each in bad)
        raise FixError(
            f"the new source would fail elsewhere ({names}); nothing was written",
            hint="Choose with --only or --finding, or write it all the same with --force.",
        )
    return _end(outcome, check=check)


def _end(outcome: Outcome, *, check: bool) -> int:
    from checker.fixing_text import resolved

    if check:
        return 1 if outcome.files.changed() else 0
    for name in outcome.files.write():
        print(f"wrote {name}", file=sys.stderr)
    return 0 if all(resolved(each) for each in outcome.fixes) else 1


@dataclass(frozen=True, slots=True)
class _Wanted:
    rules: frozenset[str]
    ids: frozenset[str]

    def takes(self, finding: Finding) -> bool:
        """Say whether a finding is asked for."""
        return (not self.rules or finding.rule_id in self.rules) and (not self.ids or finding.id in self.ids)


def _wanted(flags: Mapping[str, Any]) -> _Wanted:
    """Return which findings are to be fixed; raises UsageError for a rule that does not exist."""
    from checker.judging import choose_rules

    words = [word for word in str(flags.get("only") or "").split(",") if word]
    rules = frozenset(rule.id for rule in choose_rules(words, ())) if words else frozenset()
    return _Wanted(rules, frozenset(flags.get("finding") or ()))


def _chosen(findings: Sequence[Finding], wanted: _Wanted) -> list[Finding]:
    """Return the failures that are asked for; raises UsageError for an id that none has."""
    found = [each for each in findings if each.status is Status.FAIL and wanted.takes(each)]
    missing = sorted(wanted.ids - {each.id for each in found})
    if missing:
        raise UsageError(f"--finding {missing[0]}: no failure has this id", hint="A JSON report holds the ids.")
    return found


def _values(flags: Mapping[str, Any]) -> dict[str, str]:
    """Return the values that a person has chosen."""
    found: dict[str, str] = {}
    for word in flags.get("value") or ():
        name, equals, value = str(word).partition("=")
        if not name or not equals:
            raise UsageError(f"--value {word!r}: NAME=VALUE is expected")
        found[name] = value
    return found


@dataclass(frozen=True, slots=True)
class _Source:
    """The root module's source, with other texts in place of files."""

    folder: Path
    settings: Settings
    demands: Demands

    def judge(self, instead: Mapping[Path, str]) -> Mapping[str, Finding]:
        """Judge it, and return the findings by id."""
        return {each.id: each for each in self.report(instead).findings}

    def report(self, instead: Mapping[Path, str]) -> Report:
        """Judge it."""
        from checker.judging import examine
        from checker.load.hcl import load_hcl

        settings = replace(self.settings, command="hcl", source=None)
        loaded = load_hcl(
            [self.folder],
            var_files=settings.var_files,
            environment=settings.environment,
            workspace=settings.environment.get("TF_WORKSPACE", "default"),
            cache=settings.cache,
            jobs=settings.jobs,
            instead=instead,
        )
        return examine(loaded, settings, self.demands)

    def look(self, instead: Mapping[Path, str]) -> Evaluation:
        """Read the tree of modules with all its names."""
        from checker.load.terraform.convert import WANTED_TYPES
        from checker.load.terraform.source.evaluate import Evaluation
        from checker.load.terraform.source.inputs import root_values
        from checker.load.terraform.source.modules import Reading, load_tree

        told = self.settings.environment
        reading = Reading(
            wanted=WANTED_TYPES, cache=self.settings.cache, jobs=self.settings.jobs, display_root=Path.cwd(),
            instead=instead,
        )  # fmt: skip
        tree = load_tree(self.folder, reading, data_dir=told.get("TF_DATA_DIR"))
        given = root_values(tree, self.settings.var_files, told, reading).given
        return Evaluation(tree, variables=given, workspace=told.get("TF_WORKSPACE", "default"))

    def var_files(self) -> tuple[Path, ...]:
        """Return the files that give values to variables, the later ones winning."""
        from checker.load.terraform.source.variables import discover_var_files

        return (*discover_var_files(self.folder), *self.settings.var_files)


def _findings(source: _Source, flags: Mapping[str, Any], settings: Settings, demands: Demands) -> Report:
    """Return a saved run, or judge a plan, records, or the source itself."""
    given = [name for name in ("report", "plan", "logs") if flags.get(name)]
    if "report" in given and len(given) > 1:
        raise UsageError("--report holds findings already", hint="Give it without --plan and --logs.")
    if "report" in given:
        return _saved(Path(flags["report"]))
    if not given:
        return source.report({})
    return _of_plan(source.folder, flags, settings, demands)


def _saved(path: Path) -> Report:
    from checker.report.run_file import read_run

    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read", hint="Give a report made with --format json.") from error
    return read_run(text, name=str(path))


def _of_plan(folder: Path, flags: Mapping[str, Any], settings: Settings, demands: Demands) -> Report:
    """Judge a plan of the source, or records by the network that a plan or state of it has."""
    from checker.app import folder_label, read_network, session_of
    from checker.judging import examine, read_demands

    if not flags.get("plan"):
        raise UsageError(
            "--logs needs --plan", hint="Give a plan or a state of what is applied: it knows the ids that records name."
        )
    label = settings.root or folder_label(folder)
    settings = replace(settings, command="plan", network=str(flags["plan"]), source=folder, root=label)
    loaded = read_network(settings, demands)
    if not settings.logs:
        return examine(loaded, settings, demands)
    from checker.tracing import read_and_explain

    settings = replace(settings, command="traffic")
    recorded = read_and_explain(loaded, settings, session=lambda: session_of(settings))
    return examine(loaded, settings, read_demands(settings), recorded)
