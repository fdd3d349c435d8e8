"""The words of the commands on what is kept and told: nightly, history, diff, verify, post. No logic, as in ``cli``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any, TypeAlias

Command: TypeAlias = Callable[..., argparse.ArgumentParser]
"""Makes the parser of a command: ``cli`` hands it in."""


def nightly(commands: Any, command: Command, exit_codes: str) -> None:
    """Add ``flowcheck nightly``."""
    nightly = command(
        commands, "nightly", "run the audit of a night from one configuration file, and say in JSON what was done",
        "examples:\n  flowcheck nightly --config nightly.yaml\n"
        "  flowcheck nightly --config nightly.yaml --night 2026-11-21   # go on with an interrupted night\n"
        "  flowcheck nightly --config nightly.yaml --check\n\n"
        "A night that is done is not done again: its outcome is printed, with its exit code.\n\n" + exit_codes,
    )  # fmt: skip
    nightly.add_argument("--config", metavar="FILE", required=True, help="what to audit, and where it goes (YAML)")
    nightly.add_argument("--night", metavar="DATE", help="which night, as 2026-11-21 (default: today, UTC)")
    nightly.add_argument("--check", action="store_true", help="say what is wrong in the configuration, and stop")
    nightly.add_argument("--now", metavar="TIME", help="time of the run, RFC 3339 (also SOURCE_DATE_EPOCH)")


def history(commands: Any, command: Command) -> None:
    """Add ``flowcheck history``."""
    history = command(
        commands, "history", "list the runs of a store: trend, open since when, flapping, mean time to repair",
        "examples:\n  flowcheck history --store runs.sqlite\n"
        "  flowcheck history --store s3://audit/flowcheck --series nightly --max-age 26h\n\n"
        "exit codes:\n  0    the runs were listed\n  1    the newest run is older than --max-age, or there is none\n"
        "  2    wrong usage, or a store that is not there or cannot be read\n",
    )  # fmt: skip
    _store_options(history)
    history.add_argument("--max-age", dest="max_age", metavar="SPAN",
                         help="exit 1 where the newest run is older: 26h, 90m, 2d")  # fmt: skip
    _past_options(history)


def diff(commands: Any, command: Command) -> None:
    """Add ``flowcheck diff``."""
    diff = command(
        commands, "diff", "compare two runs: new, open again, fixed, gone, no longer examined, still open since when",
        "examples:\n  flowcheck diff monday.json tuesday.json\n  flowcheck diff --store runs.sqlite\n"
        "  flowcheck diff --store runs.sqlite latest~7 latest --format json\n\n"
        "exit codes:\n  0    the runs were compared\n  1    something new fails, and --fail-on-new was given\n"
        "  2    wrong usage, or a run that cannot be read\n",
    )  # fmt: skip
    diff.add_argument("inputs", nargs="*", metavar="RUN", help="JSON report, id of a run or its beginning, latest or "
                      "latest~N (default: latest~1 and latest)")  # fmt: skip
    _store_options(diff)
    diff.add_argument("--fail-on-new", dest="fail_on_new", action="store_true",
                      help="exit 1 where something fails that did not fail before")  # fmt: skip
    _past_options(diff)


def verify(commands: Any, command: Command) -> None:
    """Add ``flowcheck verify``."""
    verify = command(
        commands, "verify", "check evidence: any file changed, missing, added or renamed, and the signature",
        "examples:\n  flowcheck verify evidence/2026-11-21\n  flowcheck verify evidence/2026-11-21 --key audit.pub\n\n"
        "exit codes:\n  0    everything is as it was written\n"
        "  1    something differs, or the signature does not hold\n"
        "  2    no evidence, or a key that cannot be read\n"
        "  4    everything is there, but the signature could not be checked: pip install 'flowcheck[sign]'\n",
    )  # fmt: skip
    verify.add_argument("inputs", metavar="DIR", help="folder that --evidence wrote")
    verify.add_argument("--key", metavar="FILE", help="public key (ssh-ed25519 ...) that must have signed it")
    verify.add_argument("--format", choices=("table", "json"), help="how to say it (default: table)")


def post(commands: Any, command: Command, exit_codes: str) -> None:
    """Add ``flowcheck post``."""
    post = command(
        commands, "post", "keep one comment on a pull request or merge request up to date with a saved run",
        "examples:\n  flowcheck plan tf.plan --output json=run.json; flowcheck post run.json\n"
        "  flowcheck post run.json --code-scanning            # in GitHub Actions\n"
        "  flowcheck post --not-checked 'terraform plan failed'\n\n"
        "The token is read from GITHUB_TOKEN or GITLAB_TOKEN, the place from the variables of the pipeline.\n"
        "The exit code is the one that the run had; 2 where it could not be posted.\n\n" + exit_codes,
    )  # fmt: skip
    post.add_argument("inputs", nargs="?", metavar="RUN.json", help="a report made with --output json=PATH, or -")
    post.add_argument("--not-checked", dest="not_checked", metavar="REASON",
                      help="instead of a run: say that this commit could not be checked (exit code 2)")  # fmt: skip
    group = post.add_argument_group("where")
    group.add_argument("--to", choices=("github", "gitlab"), help="the platform (default: that of the pipeline)")
    group.add_argument("--project", metavar="OWNER/NAME", help="repository or project (default: the pipeline's)")
    group.add_argument("--pull", type=int, metavar="N", help="number of the pull request or merge request "
                       "(default: the pipeline's)")  # fmt: skip
    group.add_argument("--name", metavar="NAME", help="tells several comments on one pull request apart "
                       "(default: the root module's folder)")  # fmt: skip
    what = post.add_argument_group("what")
    what.add_argument("--no-comment", dest="comment", action="store_false", default=None, help="post no comment")
    what.add_argument("--code-scanning", dest="code_scanning", action="store_true",
                      help="hand the run to GitHub's code scanning as SARIF")  # fmt: skip
    what.add_argument("--framework", action="append", metavar="KEY[@VERSION]", help="show the controls of this "
                      "framework; repeatable")  # fmt: skip
    what.add_argument("--config", metavar="FILE", help="settings file (default: .flowcheck.yaml)")


def _store_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("history")
    group.add_argument("--store", metavar="WHERE", help="where runs are kept: an SQLite file, or s3://BUCKET/PREFIX")
    group.add_argument("--series", metavar="NAME", help="runs of this name are compared with each other "
                       "(default: a name made from the command and its inputs)")  # fmt: skip
    group.add_argument("--profile", metavar="NAME", help="profile of the AWS configuration files")


def _past_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("output")
    group.add_argument("--format", choices=("table", "json"), help="how to say it (default: table)")
    group.add_argument("--verbose", action="store_true", default=None, help="list everything")
    group.add_argument("--now", metavar="TIME", help="time of the run, RFC 3339 (also SOURCE_DATE_EPOCH)")
    group.add_argument("--config", metavar="FILE", help="settings file (default: .flowcheck.yaml)")


def keeping_options(parser: argparse.ArgumentParser) -> None:
    """Add what judging commands may keep of a run."""
    group = parser.add_argument_group("history and evidence")
    group.add_argument("--send", action="append", metavar="security-hub", help="import findings into AWS Security Hub "
                       "and archive those that are fixed")  # fmt: skip
    group.add_argument("--store", metavar="WHERE", help="keep the run in an SQLite file, or in s3://BUCKET/PREFIX")
    group.add_argument("--series", metavar="NAME", help="runs of this name are compared with each other "
                       "(default: a name made from the command and its inputs)")  # fmt: skip
    group.add_argument("--keep", metavar="HOW-MUCH", help="drop older runs: 400d, or a number of runs (default: keep "
                       "all)")  # fmt: skip
    group.add_argument("--evidence", metavar="DIR", help="write reports, policies, waivers and AWS's responses to this "
                       "new folder, with their hashes")  # fmt: skip
    group.add_argument("--sign-key", dest="sign_key", metavar="FILE", help="sign the evidence with this Ed25519 key "
                       "(ssh-keygen -t ed25519)")  # fmt: skip
