"""Words → Settings. No logic: every command is one call into ``app``."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NoReturn

from checker import __version__, cli_fixing, cli_keeping
from checker.errors import CheckerError, UsageError

EXIT_CODES = """\
exit codes:
  0    clean: nothing failed at or above the threshold
  1    findings at or above --fail-on
  2    wrong usage, wrong configuration, or an input that cannot be read
  3    nothing to examine (0 with --allow-empty)
  4    something could not be examined, and --unknown is fail
  70   a bug in flowcheck
  130  interrupted
"""


class _Parser(argparse.ArgumentParser):
    """An argument parser whose mistakes are UsageErrors, so that they end like every other error."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, hint=f"See `{self.prog} --help`.")


def build_parser(command: str | None = None) -> argparse.ArgumentParser:
    """Return the whole command line as an argparse parser; docs/cli.md and completions come from it.

    With the name of a command it holds that command only, which is made in a fifth of the time.
    """
    parser = _Parser(
        prog="flowcheck",
        description="Check AWS VPC Flow Logs in Terraform plans, source, state and live accounts against a policy.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"flowcheck {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, prog="flowcheck")
    for name in (command,) if command in _COMMANDS else _COMMANDS:
        _COMMANDS[str(name)](commands)
    return parser


def _command(commands: Any, name: str, text: str, epilog: str | None = None) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=text, description=text, epilog=epilog, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    return parser


def _plan(commands: Any) -> None:
    plan = _command(
        commands, "plan", "judge Terraform plans: what will be logged after the apply, and what changes",
        "examples:\n  terraform plan -out tf.plan && flowcheck plan tf.plan\n"
        "  terraform show -json tf.plan | flowcheck plan - --format markdown\n\n" + EXIT_CODES,
    )  # fmt: skip
    plan.add_argument(
        "inputs", nargs="+", metavar="PLAN", help="plan JSON, a binary plan file, or - for standard input"
    )
    plan.add_argument("--live", metavar="SNAPSHOT|account",
                      help="lay the plan over a saved snapshot, or over the account itself")  # fmt: skip
    _source_options(plan)
    _account_options(plan)
    _shared(plan)


def _hcl(commands: Any) -> None:
    hcl = _command(
        commands, "hcl", "judge Terraform source without a plan",
        "examples:\n  flowcheck hcl infra/prod\n  flowcheck hcl infra/prod --base origin/main\n\n" + EXIT_CODES,
    )  # fmt: skip
    hcl.add_argument("inputs", nargs="+", metavar="DIR", help="root module folder")
    hcl.add_argument("--var-file", dest="var_files", action="append", metavar="FILE", help="as for terraform plan")
    hcl.add_argument("--base", metavar="COMMIT", help="compare with the source at this commit or branch; what failed "
                     "there already is listed and does not fail")  # fmt: skip
    _shared(hcl)


def _state(commands: Any) -> None:
    state = _command(commands, "state", "judge a state (`terraform show -json`) as it stands", EXIT_CODES)
    state.add_argument("inputs", nargs="+", metavar="STATE", help="state JSON, or - for standard input")
    _source_options(state)
    _shared(state)


def _account(commands: Any) -> None:
    account = _command(
        commands, "account", "judge live AWS accounts, read-only: one, or a whole organisation",
        "examples:\n  flowcheck account --profile audit --region eu-west-1\n"
        "  flowcheck account --org-role Audit --save snapshot/ --format markdown\n"
        "  flowcheck account --print-policy > policy.json\n\n" + EXIT_CODES,
    )  # fmt: skip
    account.add_argument("--print-policy", dest="print_policy", action="store_true",
                         help="print the IAM policy that this run needs, and stop")  # fmt: skip
    account.add_argument("--resume", action="store_true", default=None,
                         help="go on with an interrupted run: ask only what the folder of --save lacks")  # fmt: skip
    _account_options(account)
    _shared(account)


def _snapshot(commands: Any) -> None:
    snapshot = _command(
        commands, "snapshot", "judge saved AWS responses: the same audit without the account",
        "A snapshot is what `flowcheck account --save DIR` wrote, or a folder of responses as the AWS command line "
        "prints\nthem: REGION/describe-vpcs.json, Vpcs.json.\n\n" + EXIT_CODES,
    )  # fmt: skip
    snapshot.add_argument("inputs", nargs="+", metavar="DIR", help="folder of a snapshot")
    _shared(snapshot)


def _account_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("live account")
    group.add_argument("--region", action="append", metavar="REGION", help="read only this region; repeatable "
                       "(default: every enabled one)")  # fmt: skip
    group.add_argument("--profile", metavar="NAME", help="profile of the AWS configuration files")
    group.add_argument("--role-arn", dest="role_arn", action="append", metavar="ARN",
                       help="role to assume; given again, assumed from the one before")  # fmt: skip
    group.add_argument("--external-id", dest="external_id", metavar="ID", help="external id of the last role")
    group.add_argument("--session-name", dest="session_name", metavar="NAME",
                       help="name of the role session (default: flowcheck)")  # fmt: skip
    group.add_argument("--session-tag", dest="session_tag", action="append", metavar="KEY=VALUE",
                       help="tag of the role session; repeatable")  # fmt: skip
    group.add_argument("--org-role", dest="org_role", metavar="NAME",
                       help="read every account of the organisation through this role")  # fmt: skip
    group.add_argument("--include", action="append", metavar="ACCOUNT|OU|tag:KEY=VALUE",
                       help="only these accounts of the organisation; repeatable")  # fmt: skip
    group.add_argument("--exclude", action="append", metavar="ACCOUNT|OU|tag:KEY=VALUE",
                       help="not these accounts; repeatable")  # fmt: skip
    group.add_argument("--freshness", action="store_true", default=None,
                       help="look when each destination last received something")  # fmt: skip
    group.add_argument("--save", metavar="DIR", help="keep every response in this folder, as a snapshot")
    group.add_argument("--mask", action="store_true", default=None,
                       help="replace account ids, names and tags in the saved snapshot")  # fmt: skip
    group.add_argument("--concurrency", type=int, metavar="N", help="calls at the same time")


def _traffic(commands: Any) -> None:
    traffic = _command(
        commands, "traffic", "explain rejected traffic: which rule, or which missing rule, rejected it",
        "examples:\n  flowcheck traffic --logs flow-logs/ --network snapshot/\n"
        "  flowcheck traffic --logs s3://my-logs/AWSLogs/ --network account --since 24h\n"
        "  flowcheck traffic --logs cloudwatch:/vpc/flow-logs --network plan.json\n"
        "  flowcheck traffic --logs 'athena:logs.vpc_flow?workgroup=audit' --network account --since 7d\n\n"
        + EXIT_CODES,
    )  # fmt: skip
    traffic.add_argument("--logs", action="append", metavar="WHERE", help="file or folder, s3://BUCKET/PREFIX, "
                         "cloudwatch:GROUP, athena:DATABASE.TABLE or insights:GROUP; repeatable")  # fmt: skip
    _network_option(traffic)
    traffic.add_argument("--log-format", dest="log_format", metavar="FIELDS",
                         help="fields of records without a header: '${version} ${interface-id} ...'")  # fmt: skip
    window = traffic.add_argument_group("which records")
    window.add_argument("--since", metavar="TIME", help="RFC 3339, or 90m, 24h, 7d before now")
    window.add_argument("--until", metavar="TIME", help="the same")
    window.add_argument("--interface", action="append", metavar="ENI", help="only this interface; repeatable")
    window.add_argument("--vpc", action="append", metavar="VPC", help="only this VPC; repeatable")
    window.add_argument("--account-id", dest="account_id", action="append", metavar="ID",
                        help="only records of this account; repeatable")  # fmt: skip
    traffic.add_argument("--memory", type=int, metavar="MIB", help="memory of the engine before it uses the disk "
                         "(default: 700)")  # fmt: skip
    traffic.add_argument("--max-scan", dest="max_scan", metavar="GB", help="most that Athena or Insights may scan "
                         "for one place, or `any` (default: 100)")  # fmt: skip
    _network_source(traffic)
    _account_options(traffic)
    _shared(traffic)


def _explain(commands: Any) -> None:
    explain = _command(
        commands, "explain", "trace one flow through the groups and ACLs of a network, whether it was ever seen or not",
        "examples:\n  flowcheck explain --network snapshot/ 'tcp 10.0.1.5:51515 -> 10.0.2.7:5432'\n"
        "  flowcheck explain --network plan.json --live account 'tcp 10.0.1.5 -> aws_network_interface.db:5432'\n"
        "  flowcheck explain --network infra/prod 'icmp 8/0 203.0.113.9 -> 10.0.1.5'\n\n"
        "exit codes:\n  0    nothing stands in the way, or it is open and --unknown is not fail\n"
        "  1    it is denied, or the plan takes an end of it away\n"
        "  2    wrong usage, no such flow, or an input that cannot be read\n"
        "  4    it depends on what is not known, and --unknown is fail\n",
    )  # fmt: skip
    explain.add_argument("inputs", nargs=1, metavar="FLOW", help="'PROTOCOL SOURCE[:PORT] -> DESTINATION[:PORT]'; "
                         "an end is an address, an interface's id or a Terraform address")  # fmt: skip
    _network_option(explain)
    explain.add_argument("--live", metavar="SNAPSHOT|account", help="lay the plan over a saved snapshot, or over the "
                         "account itself: what it does not hold stays as it is there")  # fmt: skip
    explain.add_argument("--logs", action="append", metavar="WHERE", help="look what was recorded of the flow at both "
                         "ends: file or folder, s3://BUCKET/PREFIX or cloudwatch:GROUP; repeatable")  # fmt: skip
    explain.add_argument("--log-format", dest="log_format", metavar="FIELDS",
                         help="fields of records without a header: '${version} ${interface-id} ...'")  # fmt: skip
    explain.add_argument("--since", metavar="TIME", help="of the records: RFC 3339, or 90m, 24h, 7d before now")
    explain.add_argument("--until", metavar="TIME", help="the same")
    _network_source(explain)
    _account_options(explain)
    explain.add_argument("--policy", metavar="FILE|NAME", help="policy file: regions and accounts that are left out")
    explain.add_argument("--root", metavar="NAME", help="name of the root module in ids (default: its folder)")
    explain.add_argument("--unknown", choices=("warn", "fail", "ignore"),
                         help="whether a flow of which something is not known fails (default: warn)")  # fmt: skip
    explain.add_argument("--format", choices=("table", "json"), help="default: table")
    explain.add_argument("--now", metavar="TIME", help="time of the run, RFC 3339 (also SOURCE_DATE_EPOCH)")
    explain.add_argument("--quiet", action="store_true", default=None, help="print only what was asked for")
    explain.add_argument("--verbose", action="store_true", default=None, help="tell what a bug was about")
    explain.add_argument("--config", metavar="FILE", help="settings file (default: .flowcheck.yaml)")
    _jobs_and_cache(explain)


def _network_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--network", metavar="WHERE", help="what the groups and ACLs are read from: a snapshot's "
                        "folder, a plan or state as JSON, a folder of Terraform source, or account")  # fmt: skip


def _network_source(parser: argparse.ArgumentParser) -> None:
    """Add what belongs to a network that is a plan, a state or source."""
    group = _source_options(parser)
    group.add_argument("--var-file", dest="var_files", action="append", metavar="FILE", help="of a folder of source: "
                       "as for terraform plan")  # fmt: skip


def _report(commands: Any) -> None:
    report = _command(commands, "report", "render a saved run (JSON report) again, in any format")
    report.add_argument("inputs", nargs=1, metavar="RUN.json", help="a report made with --format json")
    _output_options(report)


def _rules(commands: Any) -> None:
    rules = _command(commands, "rules", "list the rules, or print the page of one")
    rules.add_argument("inputs", nargs="?", metavar="ID", help="rule id or name, for example FL003")


def _policy(commands: Any) -> None:
    policy = _command(commands, "policy", "check a policy or waiver file, or list the shipped policies")
    actions = policy.add_subparsers(dest="policy_action", metavar="ACTION", required=True, prog=policy.prog)
    check = _command(actions, "check", "say what is wrong in a policy or waiver file, and what it switches on")
    check.add_argument("inputs", nargs="+", metavar="FILE", help="policy or waiver file, or the name of a policy")
    _command(actions, "list", "list the policies that come with flowcheck")


def _init(commands: Any) -> None:
    init = _command(commands, "init", "write a configuration, a policy, waivers and a baseline for this folder")
    init.add_argument("inputs", nargs="?", metavar="DIR", help="folder to set up (default: the current one)")
    init.add_argument("--force", action="store_true", help="overwrite files that exist")


def _demo(commands: Any) -> None:
    demo = _command(commands, "demo", "run the check on the embedded example and say what to try next", EXIT_CODES)
    _output_options(demo)


def _completion(commands: Any) -> None:
    completion = _command(
        commands, "completion", "print a completion script for a shell",
        'example: eval "$(flowcheck completion bash)"',
    )  # fmt: skip
    completion.add_argument("inputs", choices=("bash", "zsh", "fish", "tcsh", "powershell"), metavar="SHELL")


def _source_options(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    group = parser.add_argument_group("Terraform")
    group.add_argument("--source", metavar="DIR", help="Terraform source of the plan: file:line, locals, expressions")
    group.add_argument(
        "--no-source", dest="find_source", action="store_false", default=None,
        help="do not look for source beside the plan",
    )  # fmt: skip
    group.add_argument("--terraform", metavar="PATH", help="terraform or tofu executable that reads binary plans")
    return group


def _shared(parser: argparse.ArgumentParser) -> None:
    judge = parser.add_argument_group("judging")
    judge.add_argument("--policy", metavar="FILE|NAME", help="policy file, or baseline, cis, fsbp (default: baseline)")
    judge.add_argument("--waivers", metavar="FILE", help="accepted exceptions")
    judge.add_argument("--no-inline", dest="inline", action="store_false", default=None,
                       help="disregard flowcheck:ignore comments")  # fmt: skip
    judge.add_argument("--baseline", metavar="RUN.json", help="earlier run; failures it already holds do not fail")
    judge.add_argument("--only", metavar="RULE,...", help="run only these rules")
    judge.add_argument("--skip", metavar="RULE,...", help="do not run these rules")
    judge.add_argument("--root", metavar="NAME", help="name of the root module in ids (default: its folder)")
    ends = parser.add_argument_group("exit code")
    ends.add_argument("--fail-on", metavar="SEVERITY", help="lowest severity that fails (default: medium)")
    ends.add_argument("--unknown", choices=("warn", "fail", "ignore"),
                      help="what an unknown verdict does (default: warn; state, account, snapshot: fail)")  # fmt: skip
    ends.add_argument("--scope", choices=("changed", "all"),
                      help="whether failures that the change did not cause count (plan, --base: changed)")  # fmt: skip
    ends.add_argument("--allow-empty", action="store_true", default=None, help="nothing to examine is no failure")
    _output_options(parser)
    cli_keeping.keeping_options(parser)
    _jobs_and_cache(parser)


def _jobs_and_cache(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--jobs", type=int, metavar="N", help="processes that parse source (default: all cores)")
    parser.add_argument("--cache", metavar="DIR", help="folder for parsed source")


def _output_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("output")
    group.add_argument("--format", metavar="F", help="table, json, sarif, junit, markdown, github, github-summary, "
                       "gitlab, html, csv, xlsx, oscal, ocsf or asff on standard output (default: table)")  # fmt: skip
    group.add_argument("--framework", action="append", metavar="KEY[@VERSION]", help="judge and show the controls of "
                       "this framework, for example cis-aws@5.0.0; repeatable")  # fmt: skip
    group.add_argument("--output", dest="outputs", action="append", metavar="F=PATH",
                       help="write format F to a file as well; repeatable")  # fmt: skip
    group.add_argument("--now", metavar="TIME", help="time of the run, RFC 3339 (also SOURCE_DATE_EPOCH)")
    group.add_argument("--quiet", action="store_true", default=None, help="print only what was asked for")
    group.add_argument("--verbose", action="store_true", default=None, help="show passes and every fix")
    group.add_argument("--no-color", dest="no_color", action="store_true", help="plain text (also NO_COLOR)")
    group.add_argument("--config", metavar="FILE", help="settings file (default: .flowcheck.yaml)")


_COMMANDS: Final[Mapping[str, Callable[[Any], None]]] = {
    "plan": _plan,
    "hcl": _hcl,
    "state": _state,
    "account": _account,
    "snapshot": _snapshot,
    "traffic": _traffic,
    "explain": _explain,
    "fix": lambda commands: cli_fixing.fix(commands, _command),
    "nightly": lambda commands: cli_keeping.nightly(commands, _command, EXIT_CODES),
    "report": _report,
    "post": lambda commands: cli_keeping.post(commands, _command, EXIT_CODES),
    "history": lambda commands: cli_keeping.history(commands, _command),
    "diff": lambda commands: cli_keeping.diff(commands, _command),
    "verify": lambda commands: cli_keeping.verify(commands, _command),
    "rules": _rules,
    "policy": _policy,
    "init": _init,
    "demo": _demo,
    "completion": _completion,
}
"""Every command, in the order of the documentation, with what adds it to the parser."""


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code. No exception leaves; a traceback means a bug (exit 70)."""
    _spell_out()
    try:
        flags = vars(build_parser(arguments[0] if arguments else None).parse_args(arguments))
        from checker import app

        return app.main(flags)
    except SystemExit as stop:  # --help and --version
        return stop.code if isinstance(stop.code, int) else 0
    except CheckerError as error:
        from checker.report.sanitize import block

        print(block(f"flowcheck: {error}"), file=sys.stderr)
        if error.hint:
            print(block(f"  {error.hint}"), file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("flowcheck: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return _broken_pipe()
    except (MemoryError, OSError) as error:
        return _machine(error)
    except Exception:  # noqa: BLE001 - the one place: whatever nobody expected is a bug, said as such
        return _bug(arguments)


def _spell_out() -> None:
    """Have signs that the terminal's encoding lacks written as escapes: names may hold anything."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _machine(error: MemoryError | OSError) -> int:
    """Say that the machine failed, not flowcheck and not necessarily the input."""
    if isinstance(error, MemoryError):
        print("flowcheck: not enough memory: the input is too large for this machine", file=sys.stderr)
    else:
        name = str(error.filename or "")
        where = f"{name[:97]}...: " if len(name) > 100 else f"{name}: " if name else ""
        print(f"flowcheck: {where}{error.strerror or 'input or output failed'}", file=sys.stderr)
    return 2


def _bug(arguments: Sequence[str]) -> int:
    """Say that flowcheck itself failed. The traceback holds code, not input, but may name a value: asked for only."""
    import traceback

    print("flowcheck: this is a bug in flowcheck, not in your input; nothing was judged.", file=sys.stderr)
    if "--verbose" in arguments:
        traceback.print_exc()
    else:
        last = traceback.extract_tb(sys.exc_info()[2])[-1]
        kind = sys.exc_info()[0]
        print(f"  {kind.__name__ if kind else 'error'} in {last.name}, line {last.lineno}; run again with --verbose "
              "and report what it prints.", file=sys.stderr)  # fmt: skip
    return 70


def _broken_pipe() -> int:
    """End quietly when the reader of standard output went away, as with ``| head``."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 141
