"""The words of ``flowcheck fix``. No logic, as in ``cli``."""

from __future__ import annotations

from typing import Any

from checker.cli_keeping import Command


def fix(commands: Any, command: Command) -> None:
    """Add ``flowcheck fix``."""
    fix = command(
        commands, "fix", "write the Terraform that resolves findings into the source, or show it as a diff",
        "examples:\n  flowcheck fix . --check\n  flowcheck fix . --only FL001,FL003\n"
        "  flowcheck fix . --plan plan.json --finding 3f2a9c1b7d04\n"
        "  flowcheck fix . --report traffic.json\n\n"
        "exit codes:\n  0    all that was chosen is resolved; with --check: nothing would change\n"
        "  1    something chosen is not resolved; with --check: something would change\n"
        "  2    wrong usage, an input that cannot be read, or the new source would fail elsewhere\n",
    )  # fmt: skip
    fix.add_argument("inputs", nargs=1, metavar="DIR", help="root module folder")
    fix.add_argument("--check", action="store_true", help="show what would change, and write nothing")
    fix.add_argument("--force", action="store_true", help="write even where something else fails then")
    which = fix.add_argument_group("which findings")
    which.add_argument(
        "--plan", metavar="PLAN", help="those of this plan of the source (JSON or binary), or of a state"
    )
    which.add_argument("--report", metavar="RUN.json", help="those of a saved run (JSON report), of traffic too")
    which.add_argument(
        "--logs", action="append", metavar="WHERE", help="those of these flow logs, held against --plan; repeatable"
    )
    which.add_argument("--only", metavar="RULE,...", help="only those of these rules")
    which.add_argument("--finding", action="append", metavar="ID", help="only this one; repeatable")
    how = fix.add_argument_group("how")
    how.add_argument("--value", action="append", metavar="NAME=VALUE",
                     help="what only a person can choose, as the reason of a finding names it; repeatable")  # fmt: skip
    how.add_argument("--within", metavar="DIR", help="change modules below this folder too (default: DIR)")
    judge = fix.add_argument_group("judging")
    judge.add_argument("--policy", metavar="FILE|NAME", help="policy file, or baseline, cis, fsbp (default: baseline)")
    judge.add_argument("--waivers", metavar="FILE", help="accepted exceptions: they are not fixed")
    judge.add_argument("--no-inline", dest="inline", action="store_false", default=None,
                       help="disregard flowcheck:ignore comments")  # fmt: skip
    judge.add_argument("--fail-on", metavar="SEVERITY",
                       help="lowest severity of a new failure that stops writing (default: medium)")  # fmt: skip
    judge.add_argument("--var-file", dest="var_files", action="append", metavar="FILE", help="as for terraform plan")
    judge.add_argument("--root", metavar="NAME", help="name of the root module in ids (default: its folder)")
    judge.add_argument("--terraform", metavar="PATH", help="terraform or tofu executable that reads binary plans")
    fix.add_argument("--now", metavar="TIME", help="time of the run, RFC 3339 (also SOURCE_DATE_EPOCH)")
    fix.add_argument("--quiet", action="store_true", default=None, help="print only what was asked for")
    fix.add_argument("--verbose", action="store_true", default=None, help="show the diff of what is written")
    fix.add_argument("--config", metavar="FILE", help="settings file (default: .flowcheck.yaml)")
    fix.add_argument("--jobs", type=int, metavar="N", help="processes that parse source (default: all cores)")
    fix.add_argument("--cache", metavar="DIR", help="folder for parsed source")
