"""``flowcheck demo``: the main job on an embedded example.

``example/`` is a pull request on a small network, with the plan that real Terraform made of it (``plan.json``);
``before/`` is the network that was applied before. ``tests/e2e/make_demo_plan.py`` makes the plan again. ``traffic/``
is a small account: the responses that describe its network, and half an hour of its flow log records.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from checker.model.record import replace
from checker.settings import Settings

EXAMPLE: Final = Path(__file__).parent / "example"
TRAFFIC: Final = Path(__file__).parent / "traffic"

THEN: Final = """
{line}
And the records of an account, held against its security groups and network ACLs:
flowcheck traffic --logs {traffic}/flow-logs --network {traffic}/network
{line}
"""

NEXT: Final = """
What you saw: a pull request that stops recording rejected traffic in one VPC, deletes the flow log of another, opens
SSH to the world in two halves, and adds a third VPC whose log can never be delivered. Its source is in {example}
And an account where an application does not reach its database, and half of its calls to the Internet hang: flow logs
say REJECT, and now which rule.

Try next:
  flowcheck demo --format markdown        the same as a pull-request comment
  flowcheck demo --output html=demo.html  the same as a page for auditors: open it in a browser, or print it
  flowcheck demo --verbose                with everything that passed, and why
  flowcheck rules FL005                   the page of a rule
  flowcheck hcl DIR                       your own Terraform, without a plan
  terraform plan -out tf.plan && flowcheck plan tf.plan
  flowcheck account --save snapshot       your own account, read-only, kept as a snapshot
  flowcheck traffic --logs s3://BUCKET/PREFIX --network snapshot --since 24h
  flowcheck explain --network {traffic}/network 'tcp 10.20.1.10 -> 10.20.2.20:5432'
  flowcheck init                          a configuration, a policy and a baseline for your repository
"""


def run_demo(settings: Settings) -> int:
    """Judge the example's plan, then its traffic, and say what to try next. Returns 0: the findings are the point.

    Formats that programs read hold the plan's report alone.
    """
    from checker.app import near
    from checker.delivery import deliver
    from checker.judging import examine, read_demands
    from checker.load.plan import PlanInput, load_plans

    # Of the configuration only the output matters here: the example is judged by the shipped policy alone.
    chosen = replace(settings, policy="baseline", waivers=None, baseline=None, only=(), skip=(), scope="changed")
    loaded = load_plans(
        [PlanInput(path=near(EXAMPLE / "plan.json"), data=None, label="example")],
        source=near(EXAMPLE),
        find_source=False,
        cache=chosen.cache,
        jobs=1,
    )
    report = examine(loaded, chosen, read_demands(chosen))
    deliver(report, chosen)
    if chosen.format == "table" and not chosen.quiet:
        sys.stdout.flush()
        traffic = near(TRAFFIC).as_posix()
        print(THEN.format(traffic=traffic, line="-" * min(chosen.width, 80)))
        sys.stdout.flush()
        _traffic(chosen)
        sys.stdout.flush()
        print(NEXT.format(example=near(EXAMPLE), traffic=traffic))
    return 0


def _traffic(settings: Settings) -> None:
    from checker.app import near
    from checker.delivery import deliver
    from checker.judging import examine, groups_for, read_demands
    from checker.load.snapshot import load_snapshots
    from checker.tracing import read_and_explain

    folder = near(TRAFFIC)
    logs = (str(folder / "flow-logs"),)
    chosen = replace(settings, command="traffic", logs=logs, scope="all", outputs=(), jobs=1)
    demands = read_demands(chosen)
    loaded = load_snapshots([folder / "network"], groups=groups_for(demands, freshness=False))
    loaded = replace(loaded, gaps=())  # it holds what traffic needs and not what an audit would
    deliver(examine(loaded, chosen, demands, read_and_explain(loaded, chosen, session=lambda: None)), chosen)
