"""What ``--network`` names. Called by app only."""

from __future__ import annotations

import itertools
from enum import Enum
from pathlib import Path

from checker.errors import UsageError


class NetworkKind(Enum):
    """What ``--network`` may name."""

    ACCOUNT = "account"
    SNAPSHOT = "snapshot"
    PLAN = "plan"
    STATE = "state"
    HCL = "hcl"


def kind_of(word: str) -> NetworkKind:
    """Tell what a word names; raises UsageError where it names nothing."""
    if not word:
        raise UsageError("--network is empty", hint="Give a snapshot, plan, state, or account.")
    path = Path(word)
    if word == "account":
        return NetworkKind.ACCOUNT
    if path.is_dir():
        source = any(itertools.chain(path.glob("*.tf"), path.glob("*.tf.json")))
        return NetworkKind.HCL if source else NetworkKind.SNAPSHOT
    if not path.is_file():
        raise UsageError(f"--network {word}: no such file or folder", hint="Give a snapshot, plan, state, or account.")
    start = path.read_bytes()
    planned = start.startswith(b"PK") or b'"resource_changes"' in start or b'"planned_values"' in start
    return NetworkKind.PLAN if planned else NetworkKind.STATE
