"""The question in the language of CloudWatch Logs Insights, which knows no tables: two queries for each span of time.

Fields are taken from the message by their place, whatever format the flow log has; names that Insights discovers by
itself exist for the default format only. Source: CloudWatch Logs User Guide, "parse", "stats", "filter".
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from checker.flowlog.engine.chunk import SLICE
from checker.flowlog.engine.question import Question
from checker.flowlog.fields import canonical

ROWS: Final = 10_000
"""Rows that a query returns at most. Source: CloudWatch Logs quotas."""
LONGEST: Final = 10_000
"""Characters of a query. Source: CloudWatch Logs API Reference, StartQuery."""
STEP: Final = 600
"""Seconds within which records of one conversation are taken together: the longest aggregation interval."""

CONVERSATION: Final = ("interface-id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol")
BESIDE: Final = (
    "resource-id", "account-id", "vpc-id", "subnet-id", "reject-reason", "flow-direction", "tcp-flags", "traffic-path",
)  # fmt: skip
"""What makes records of one conversation differ for the rules, where the format has it."""


def name_of(field: str) -> str:
    """Return the name that a field has in a query: none that Insights discovers by itself."""
    return f"v_{field.replace('-', '_')}"


def head(fields: Iterable[str]) -> str:
    """Return the beginning of every query: fields by their places."""
    named = [name_of(canonical(field)) for field in fields]
    return f'parse @message "{" ".join("*" * len(named))}" as {", ".join(named)}'


def count_query(fields: tuple[str, ...], question: Question, since: int, until: int) -> str:
    """Return the query that counts records by interface, action, status and hour."""
    by = [name_of(field) for field in ("interface-id", "action", "log-status") if field in fields]
    return " | ".join((
        head(fields), *_within(fields, question, since, until), f"fields floor(v_start / {SLICE}) * {SLICE} as hour",
        f"stats count(*) as n, min(v_start) as first_s, max(v_end) as last_e by {', '.join(by)}, hour",
        f"limit {ROWS}",
    ))  # fmt: skip


def reject_query(fields: tuple[str, ...], question: Question, since: int, until: int) -> str:
    """Return the query that adds up rejected records by conversation."""
    by = [name_of(field) for field in (*CONVERSATION, *BESIDE) if field in fields]
    return " | ".join((
        head(fields), 'filter v_action = "REJECT"', *_within(fields, question, since, until),
        f"fields floor(v_start / {STEP}) * {STEP} as step",
        "stats count(*) as n, sum(v_packets) as packets, sum(v_bytes) as bytes, min(v_start) as first_s, "
        f"max(v_end) as last_e, earliest(@message) as sample by {', '.join(by)}, step",
        f"limit {ROWS}",
    ))  # fmt: skip


def accept_query(fields: tuple[str, ...], question: Question, since: int, until: int, peers: Collection[str]) -> str:
    """Return the query for accepted conversations with some addresses."""
    by = [name_of(field) for field in CONVERSATION]
    listed = ", ".join(f'"{peer}"' for peer in sorted(peers))
    return " | ".join((
        head(fields), f'filter v_action = "ACCEPT" and (v_srcaddr in [{listed}] or v_dstaddr in [{listed}])',
        *_within(fields, question, since, until), f"fields floor(v_start / {STEP}) * {STEP} as step",
        f"stats min(v_start) as first_s, max(v_start) as last_s by {', '.join(by)}, step", f"limit {ROWS}",
    ))  # fmt: skip


def _within(fields: tuple[str, ...], question: Question, since: int, until: int) -> list[str]:
    window = question.window
    tests = [f"v_start >= {since} and v_start < {until}"]
    if window.since is not None:
        tests.append(f"v_end > {int(window.since.timestamp())}")
    enis = window.interfaces
    if window.vpcs and "vpc-id" in fields:
        tests.append(_among("vpc-id", window.vpcs))
    elif window.vpcs:
        enis = question.of_vpcs & enis if enis else question.of_vpcs
        enis = enis or frozenset({"none"})
    if enis:
        tests.append(_among("interface-id", enis))
    if window.accounts and "account-id" in fields:
        tests.append(_among("account-id", window.accounts))
    return [f"filter {' and '.join(tests)}"]


def _among(field: str, values: Iterable[str]) -> str:
    listed = ", ".join(f'"{value}"' for value in sorted(values))
    return f"{name_of(field)} in [{listed}]"
