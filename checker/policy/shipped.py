"""The policies and the control map that come with flowcheck."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from checker.model.finding import Control
from checker.policy.problem import did_you_mean
from checker.policy.reader import Document, read_document

NAME: Final = re.compile(r"([a-z][a-z0-9-]*)(?:@([0-9]+))?")
"""``baseline``, or ``baseline@1`` for its first major version."""

NOT_POLICIES: Final = ("controls.yaml",)


def data_folder() -> Path:
    """Return the folder of the shipped data: ``_policies`` in the package, or ``policies`` beside it in a checkout."""
    package = Path(__file__).parent.parent
    installed = package / "_policies"
    return installed if installed.is_dir() else package.parent / "policies"


def shipped_names() -> list[str]:
    """Return the names of the shipped policies, sorted."""
    return sorted(path.stem for path in data_folder().glob("*.yaml") if path.name not in NOT_POLICIES)


def shipped_policies() -> list[tuple[str, str]]:
    """Return name and description of each shipped policy, sorted by name."""
    return [(name, str(shipped_document(name).get("description", ""))) for name in shipped_names()]


def is_shipped_name(reference: str) -> bool:
    """Return whether a reference is shaped like the name of a shipped policy; other references are paths."""
    return NAME.fullmatch(reference) is not None


def find_shipped(reference: str) -> tuple[str, dict[str, Any]]:
    """Return the file's stem and content for ``baseline`` or ``baseline@1``; raises LookupError with advice."""
    found = NAME.fullmatch(reference)
    name, major = (found[1], found[2]) if found else (reference, None)
    names = shipped_names()
    if reference in names:  # an older major version, kept in a file of its own
        return reference, shipped_document(reference)
    if name not in names:
        raise LookupError(
            f"there is no shipped policy {name!r}{did_you_mean(name, names)}; shipped: {', '.join(names)}; "
            "a path to a file ends in .yaml, .yml or .json"
        )
    content = shipped_document(name)
    version = str(content.get("policy_version", ""))
    if major is not None and version.split(".")[0] != major:
        raise LookupError(f"policy {name} has no major version {major} here: this flowcheck ships {name} {version}")
    return name, content


@lru_cache(maxsize=16)
def shipped_document(name: str) -> dict[str, Any]:
    """Return the content of a shipped file by its stem. A test holds it against the schema, so nothing is checked."""
    document: Document = read_document(data_folder() / f"{name}.yaml", "policy")
    if not isinstance(document.data, dict):
        raise TypeError(f"{document.name} is no mapping")
    return document.data


def framework_words() -> list[str]:
    """Return what ``frameworks`` of a policy may name: each key, and each key with a version."""
    words = []
    for entry in shipped_document("controls")["frameworks"]:
        words += [entry["key"], *(f"{entry['key']}@{version}" for version in entry["versions"])]
    return sorted(set(words))


def controls_by_rule(frameworks: Iterable[str]) -> dict[str, tuple[Control, ...]]:
    """Return the controls that demand each rule, sorted; only of the frameworks named, of all when none is."""
    wanted = set(frameworks)
    found: dict[str, set[Control]] = {}
    for entry in shipped_document("controls")["frameworks"]:
        for version in entry["versions"]:
            if wanted and not wanted & {entry["key"], f"{entry['key']}@{version}"}:
                continue
            for each in entry["controls"]:
                control = Control(framework=entry["framework"], version=version, id=each["id"])
                for rule in each["rules"]:
                    found.setdefault(rule, set()).add(control)
    return {rule: tuple(sorted(controls)) for rule, controls in sorted(found.items())}
