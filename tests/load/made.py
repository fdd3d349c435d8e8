"""Plans for tests: the real ones in the folder plans, and small synthetic ones."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from checker.load import plan as loading
from checker.load import state as state_loading
from checker.load.plan import PlanInput
from checker.load.terraform.instance import Instance, TerraformRoot

PLANS = Path(__file__).parent / "plans"
AWS = "registry.terraform.io/hashicorp/aws"


def document(**members: Any) -> dict[str, Any]:
    """A synthetic plan without any resource."""
    return {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": {"root_module": {}},
        "resource_changes": [],
        "configuration": {"provider_config": {"aws": {"name": "aws", "full_name": AWS}}, "root_module": {}},
        **members,
    }


def change(address: str, *actions: str, after: Any = None, before: Any = None, **more: Any) -> dict[str, Any]:
    """A synthetic row of resource_changes; names in ``more`` that a change has go into it."""
    inner = {"actions": list(actions or ("create",)), "before": before, "after": after if after is not None else None}
    for name in ("after_unknown", "before_sensitive", "after_sensitive", "replace_paths", "importing"):
        if name in more:
            inner[name] = more.pop(name)
    parts = address.split("[")[0].split(".")
    return {
        "address": address,
        "mode": "data" if "data" in parts[-3:-2] else "managed",
        "type": parts[-2],
        "name": parts[-1],
        "provider_name": AWS,
        "change": inner,
        **more,
    }


def resource(address: str, *, key: str = "aws", **expressions: Any) -> dict[str, Any]:
    """A synthetic resource of the configuration. A text is a list of references separated by spaces."""
    parts = address.split(".")
    return {
        "address": address,
        "mode": "data" if parts[0] == "data" else "managed",
        "type": parts[-2],
        "name": parts[-1],
        "provider_config_key": key,
        "expressions": {
            name: {"references": item.split()} if isinstance(item, str) else item for name, item in expressions.items()
        },
    }


def write(folder: Path, content: Mapping[str, Any] | bytes | str, name: str = "plan.json") -> Path:
    """Write a document, or bytes, as a file."""
    path = folder / name
    text = content if isinstance(content, bytes | str) else json.dumps(content)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


class Roots:
    """What the loaders hand to conversion, seen before it is converted."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._seen: list[TerraformRoot] = []
        monkeypatch.setattr(loading, "to_loaded", lambda roots, _parts: self._seen.extend(roots))
        monkeypatch.setattr(state_loading, "to_loaded", self._seen.extend)

    def plan(self, path: Path, **settings: Any) -> TerraformRoot:
        """Load one plan; without looking for source unless told so."""
        self._seen.clear()
        loading.load_plans([PlanInput(path, None, "")], **{"find_source": False, **settings})
        return self._seen[0]

    def state(self, path: Path, **settings: Any) -> TerraformRoot:
        """Load one state."""
        self._seen.clear()
        state_loading.load_states([PlanInput(path, None, "")], **{"find_source": False, **settings})
        return self._seen[0]


def by_address(instances: tuple[Instance, ...] | None) -> dict[str, Instance]:
    """Instances by address."""
    return {instance.address: instance for instance in instances or ()}
