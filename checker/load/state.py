"""Terraform states to a network as it stands: the ``flowcheck state`` command."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from checker.load.plan import PlanInput, labels, odd_gaps, read_input
from checker.load.terraform.assemble import Assembly
from checker.load.terraform.configuration import Configuration
from checker.load.terraform.convert import WANTED_TYPES, to_loaded
from checker.load.terraform.document import Hook, Section, decode, sections, too_deep
from checker.load.terraform.instance import TerraformRoot
from checker.load.terraform.plan_file import check_format, check_kind, walk_state
from checker.load.terraform.provider import Providers, Sight
from checker.load.terraform.rows import Held, state_hook
from checker.load.terraform.search import Declared, Search, Subject, find_source
from checker.model.loaded import Input, Loaded
from checker.model.origin import Source


def load_states(
    inputs: Sequence[PlanInput],
    *,
    source: Path | None = None,
    find_source: bool = True,
    terraform: str | None = None,
    cache: Path | None = None,
    jobs: int = 1,
    environment: Mapping[str, str] | None = None,
) -> Loaded:
    """Return the network that one or several states describe; there is no before.

    An input is ``terraform show -json`` without a plan. The source, looked for as ``load_plans`` does, gives file and
    line and the inline waivers. Raises PlanError for an input that is no state, UsageError for a source folder without
    source.
    """
    search = Search(
        given=source,
        find=find_source,
        wanted=WANTED_TYPES,
        cache=cache,
        jobs=jobs,
        environment=dict(environment or {}),
    )
    return to_loaded(
        [_root(item, label, search, terraform) for item, label in zip(inputs, labels(inputs), strict=True)]
    )


def _root(item: PlanInput, label: str, search: Search, terraform: str | None) -> TerraformRoot:
    data = read_input(item, terraform)
    digest = hashlib.sha256(data).hexdigest()
    text = decode(data, item.name)
    try:
        found = {section.name: section for section in sections(text, item.name, _hook_for)}
        check_kind(found, item.name, command="state")
        check_format(found, item.name)
        return _assembled(item, label, digest, found, search)
    except RecursionError as error:
        raise too_deep(item.name) from error


def _hook_for(section: str) -> Hook | None:
    return state_hook(lambda row: row.kind in WANTED_TYPES) if section == "values" else None


def _assembled(item: PlanInput, label: str, digest: str, found: Mapping[str, Section], search: Search) -> TerraformRoot:
    values: Any = found["values"].value if "values" in found else None
    rows, odd = walk_state(values, item.name)
    kept = [held for held in rows if held.values is not None]
    subject = Subject(
        path=item.path,
        name=item.name,
        label=label,
        kind=Source.STATE,
        declared=Declared.by_state(held.row for held in rows),
        overlay=None,
    )
    beside, gaps = find_source(subject, search)
    configuration = Configuration.read(None, item.name)
    providers = Providers(configuration, {}, [_sight(held) for held in kept])
    assembly = Assembly(Source.STATE, label, item.name, configuration, providers, beside)
    instances = {held.row.address: assembly.instance(held.row, held.values or {}) for held in kept}
    facts = {
        key: section.value
        for key in ("format_version", "terraform_version")
        if (section := found.get(key)) is not None and isinstance(section.value, str)
    }
    return TerraformRoot(
        label=label,
        after=tuple(instances[address] for address in sorted(instances)),
        before=None,
        changes=(),
        gaps=(*gaps, *odd_gaps(item.name, odd)),
        unread=(),
        inline_waivers=beside.waivers() if beside is not None else (),
        input=Input(kind="state", path=item.name, sha256=digest, facts=facts),
    )


def _sight(held: Held) -> Sight:
    """A state does not tell which provider configuration manages an object: all count as one, and must agree."""
    return Sight(held.row, None, held.values or {})
