"""``report``, ``rules``, ``policy``, ``init``, ``demo`` and ``completion``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from checker.app import settings_of, standard_input
from checker.errors import InputError


def report(flags: dict[str, Any]) -> int:
    """Render a saved run again. The exit code is the one that the run had."""
    from checker.delivery import deliver
    from checker.report.run_file import read_run

    settings = settings_of(flags)
    path = Path(settings.inputs[0])
    try:
        text = (standard_input() if settings.inputs[0] == "-" else path.read_bytes()).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        cause = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise InputError(f"{path}: cannot be read ({cause})", hint="Give a report made with --format json.") from error
    saved = read_run(text, name=settings.inputs[0])
    deliver(saved, settings)
    return saved.exit_code


def rules(flags: dict[str, Any]) -> int:
    """List the rules, or print one rule's page."""
    from checker.rules import RULES
    from checker.rules.pages import page, table

    word = flags.get("inputs")
    if word is None:
        print(table(RULES))
        return 0
    from checker.judging import choose_rules

    print(page(choose_rules([word], [])[0]))
    return 0


def policy(flags: dict[str, Any]) -> int:
    """Check policy and waiver files, or list the shipped policies. Exit 2 when a file is wrong."""
    from checker.policy import check_policy_file, shipped_policies
    from checker.rules import RULES

    if flags["policy_action"] == "list":
        for name, text in shipped_policies():
            print(f"{name:12} {text}")
        return 0
    for word in flags["inputs"]:
        for line in check_policy_file(word, RULES):
            print(line)
    return 0


def init(flags: dict[str, Any]) -> int:
    """Write a configuration, policy, waivers and baseline for a folder."""
    from checker.starting import set_up

    folder = Path(flags.get("inputs") or ".")
    return set_up(folder, force=bool(flags.get("force")), settings=settings_of({**flags, "inputs": str(folder)}))


def demo(flags: dict[str, Any]) -> int:
    """Run the check on the embedded example."""
    from checker.demo import run_demo

    return run_demo(settings_of({**flags, "inputs": ()}))


def completion(flags: dict[str, Any]) -> int:
    """Print a completion script."""
    import shtab

    from checker.cli import build_parser

    print(shtab.complete(build_parser(), shell=flags["inputs"]))
    return 0
