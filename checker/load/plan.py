"""Terraform plans to the network before and after: the ``flowcheck plan`` command."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from checker.errors import PlanError
from checker.load.terraform.assemble import Assembly, after, before, sights
from checker.load.terraform.changes import changes_of
from checker.load.terraform.convert import PARTS, WANTED_TYPES, to_loaded, types_of
from checker.load.terraform.document import decode, is_binary_plan, too_deep
from checker.load.terraform.instance import TerraformRoot
from checker.load.terraform.inventory import Inventory
from checker.load.terraform.mode import Mode, mode_of
from checker.load.terraform.overlay_plan import PlanOverlay
from checker.load.terraform.plan_file import PlanFile, read_plan
from checker.load.terraform.provider import Providers
from checker.load.terraform.search import Declared, Search, Subject, find_source
from checker.load.terraform.settle import Settler
from checker.model.finding import Gap
from checker.model.loaded import Input, Loaded
from checker.model.origin import Source
from checker.model.record import dataclass


@dataclass(frozen=True, slots=True)
class PlanInput:
    """One plan or state to read: a file, or bytes from standard input."""

    path: Path | None
    data: bytes | None
    label: str
    """Tells the root modules of one run apart; empty: derived from the path where there are several."""

    @property
    def name(self) -> str:
        """The input as messages name it."""
        return self.path.as_posix() if self.path is not None else "standard input"


def load_plans(  # noqa: PLR0913 - one keyword for each setting of the command
    inputs: Sequence[PlanInput],
    *,
    source: Path | None = None,
    find_source: bool = True,
    resolve_by_uniqueness: bool = True,
    terraform: str | None = None,
    cache: Path | None = None,
    jobs: int = 1,
    environment: Mapping[str, str] | None = None,
    parts: frozenset[str] | None = None,
) -> Loaded:
    """Return the networks before and after one or several plans.

    An input is ``terraform show -json`` of a plan, or a binary plan, which ``terraform`` (a program's name or path)
    turns into JSON. ``source`` is the root module's folder; without it, and with ``find_source``, it is looked for
    beside the plan and in the working folder. ``environment`` holds TF_DATA_DIR and TF_WORKSPACE. ``parts`` are the
    fields of the model that are wanted, by default all; the others stay empty and cost nothing.

    Raises PlanError for an input that is no plan, ToolError when a binary plan cannot be shown, UsageError for a
    source folder without source.
    """
    search = Search(
        given=source,
        find=find_source,
        wanted=WANTED_TYPES,
        cache=cache,
        jobs=jobs,
        environment=dict(environment or {}),
    )
    wanted = PARTS if parts is None else parts
    roots = [
        _root(item, label, search, terraform, types_of(wanted), by_uniqueness=resolve_by_uniqueness)
        for item, label in zip(inputs, labels(inputs), strict=True)
    ]
    return to_loaded(roots, wanted)


def labels(inputs: Sequence[PlanInput]) -> list[str]:
    """Return one label per input: as given, else from the path where there are several inputs; all different."""
    derived = [item.label or (_derived(item) if len(inputs) > 1 else "") for item in inputs]
    unique: list[str] = []
    for label in derived:
        number, candidate = 1, label
        while candidate in unique:
            number += 1
            candidate = f"{label}#{number}"
        unique.append(candidate)
    return unique


def _derived(item: PlanInput) -> str:
    """Return the file's name without endings, or the folder's where the file is called what all plans are called."""
    if item.path is None:
        return "stdin"
    stem = item.path.name.partition(".")[0]
    return item.path.parent.name if stem in ("plan", "tfplan", "tf", "state", "") and item.path.parent.name else stem


def read_input(item: PlanInput, terraform: str | None) -> bytes:
    """Return the JSON bytes of an input; raises PlanError where it cannot be read."""
    if item.path is None:
        data = item.data or b""
        if is_binary_plan(data):
            raise PlanError(
                "standard input: this is a binary plan", hint="Give the file's name; terraform must see its folder."
            )
        return data
    if item.path.is_dir():
        raise PlanError(f"{item.name}: this is a folder", hint=f"For Terraform source: flowcheck hcl {item.name}")
    try:
        data = item.path.read_bytes()
    except OSError as error:
        raise PlanError(f"{item.name}: cannot be read ({error.strerror})", hint="Check the path.") from error
    if not is_binary_plan(data):
        return data
    from checker.load.terraform.binary import show_json  # needs subprocess and zipfile, which most runs do not

    return show_json(item.path, terraform)


def _root(
    item: PlanInput,
    label: str,
    search: Search,
    terraform: str | None,
    changing: frozenset[str],
    *,
    by_uniqueness: bool,
) -> TerraformRoot:
    data = read_input(item, terraform)
    digest = hashlib.sha256(data).hexdigest()
    text = decode(data, item.name)
    del data
    try:
        plan = read_plan(text, item.name, WANTED_TYPES)
        del text
        return _assembled(item, label, digest, plan, search, changing, by_uniqueness=by_uniqueness)
    except RecursionError as error:
        raise too_deep(item.name) from error


def _assembled(
    item: PlanInput,
    label: str,
    digest: str,
    plan: PlanFile,
    search: Search,
    changing: frozenset[str],
    *,
    by_uniqueness: bool,
) -> TerraformRoot:
    mode = mode_of(plan, item.name, label)
    inventory = Inventory.of(plan)
    subject = Subject(
        path=item.path,
        name=item.name,
        label=label,
        kind=Source.PLAN,
        declared=Declared.by_plan(plan.configuration, (each.row for each in inventory.standing.values())),
        overlay=PlanOverlay(plan, inventory, complete=not mode.limited),
    )
    beside, gaps = find_source(subject, search)
    providers = Providers(plan.configuration, plan.variables, sights(plan, inventory))
    assembly = Assembly(Source.PLAN, label, item.name, plan.configuration, providers, beside)
    settler = Settler(plan.configuration, inventory, beside, by_uniqueness=by_uniqueness)
    return TerraformRoot(
        label=label,
        after=after(assembly, inventory, settler, WANTED_TYPES),
        before=before(assembly, plan, WANTED_TYPES),
        changes=changes_of(plan, changing),
        gaps=(*mode.gaps, *gaps, *odd_gaps(item.name, plan.odd)),
        unread=mode.unread,
        inline_waivers=beside.waivers() if beside is not None else (),
        input=_input(item, digest, plan, mode, found=beside is not None),
        default_tags=providers.default_tags(),
    )


def odd_gaps(name: str, odd: Sequence[tuple[str, str]]) -> tuple[Gap, ...]:
    """Return a gap for each row that cannot be read."""
    return tuple(
        Gap(what=f"{name}: {where}", cause=why, affects="the resource of this row is not examined")
        for where, why in odd
    )


def _input(item: PlanInput, digest: str, plan: PlanFile, mode: Mode, *, found: bool) -> Input:
    facts = {key: str(plan.head[key]) for key in ("format_version", "terraform_version") if key in plan.head}
    facts |= mode.facts()
    facts["source"] = "read" if found else "not at hand"
    return Input(kind="plan", path=item.name, sha256=digest, facts=facts)
