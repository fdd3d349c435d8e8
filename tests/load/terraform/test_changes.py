"""Planned actions to changes, on synthetic rows."""

from pathlib import Path
from typing import Any

import pytest

from checker.model.loaded import ChangeAction
from tests.load.made import Roots, change, document, write

OLD, NEW = {"traffic_type": "ALL"}, {"traffic_type": "REJECT"}

ACTIONS: list[tuple[list[str], Any, Any, ChangeAction | None]] = [
    (["create"], None, NEW, ChangeAction.CREATE),
    (["update"], OLD, NEW, ChangeAction.UPDATE),
    (["delete"], OLD, None, ChangeAction.DELETE),
    (["delete", "create"], OLD, NEW, ChangeAction.REPLACE),
    (["create", "delete"], OLD, NEW, ChangeAction.REPLACE_CREATE_FIRST),
    (["forget"], OLD, None, ChangeAction.FORGET),
    (["create", "forget"], OLD, NEW, ChangeAction.REPLACE_CREATE_FIRST),
    (["no-op"], OLD, OLD, None),
]


@pytest.mark.parametrize(("actions", "before", "after", "expected"), ACTIONS, ids=lambda item: str(item))
def test_actions(
    tmp_path: Path, roots: Roots, actions: list[str], before: Any, after: Any, expected: ChangeAction | None
) -> None:
    row = change("aws_flow_log.a", *actions, before=before, after=after)
    root = roots.plan(write(tmp_path, document(resource_changes=[row])))
    assert [each.action for each in root.changes] == ([expected] if expected else [])
    assert [dict(each.values) for each in root.after] == ([after] if after else [])
    assert [dict(each.values) for each in root.before or ()] == ([before] if before else [])
    for each in root.changes:
        assert each.before_key == ("aws_flow_log.a" if before else None)
        assert each.after_key == ("aws_flow_log.a" if after else None)


@pytest.mark.parametrize(
    ("reason", "paths", "expected"),
    [
        ("replace_because_cannot_update", [["log_destination"], ["traffic_type"]],
         "replace_because_cannot_update: log_destination, traffic_type"),
        ("replace_by_request", None, "replace_by_request"),
        (None, [["destination_options", 0, "file_format"]], "destination_options"),
        (None, [[], "x", [3], None], None),
        (7, "paths", None),
    ],
)  # fmt: skip
def test_reasons(tmp_path: Path, roots: Roots, reason: Any, paths: Any, expected: str | None) -> None:
    row = change("aws_flow_log.a", "delete", "create", before=OLD, after=NEW, replace_paths=paths, action_reason=reason)
    root = roots.plan(write(tmp_path, document(resource_changes=[row])))
    assert [each.reason for each in root.changes] == [expected]


def test_types_nobody_reads_and_data_sources_change_nothing(tmp_path: Path, roots: Roots) -> None:
    rows = [change("null_resource.x", after={}), change("data.aws_vpc.x", "read", after={})]
    assert roots.plan(write(tmp_path, document(resource_changes=rows))).changes == ()


DRIFTS: list[tuple[str, list[str], Any, Any, list[str]]] = [
    ("null became empty", ["update"], {"tags": None}, {"tags": {}}, []),
    ("a tag was added", ["update"], {"tags": None}, {"tags": {"a": "b"}}, ["drift-update"]),
    ("an attribute is gone", ["update"], {"kms_key_id": "k"}, {}, ["drift-update"]),
    ("it is gone", ["delete"], {"id": "fl-1"}, None, ["drift-delete"]),
    ("only read", ["read"], {"id": "a"}, {"id": "b"}, []),
]


@pytest.mark.parametrize(("name", "actions", "before", "after", "expected"), DRIFTS, ids=[each[0] for each in DRIFTS])
def test_drift(
    tmp_path: Path, roots: Roots, name: str, actions: list[str], before: Any, after: Any, expected: list[str]
) -> None:
    row = change("aws_flow_log.a", *actions, before=before, after=after)
    root = roots.plan(write(tmp_path, document(resource_drift=[row])))
    assert [each.action.value for each in root.changes] == expected, name


def test_drift_of_a_secret_is_not_told_by_its_value(tmp_path: Path, roots: Roots) -> None:
    row = change(
        "aws_flow_log.a", "update", before={"tags": {"k": "old-secret"}}, after={"tags": {"k": "new-secret"}},
        before_sensitive={"tags": {"k": True}}, after_sensitive={"tags": {"k": True}},
    )  # fmt: skip
    told = repr(roots.plan(write(tmp_path, document(resource_drift=[row]))))
    assert "old-secret" not in told
    assert "new-secret" not in told
