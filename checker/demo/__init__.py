"""``flowcheck demo``: the main job on an embedded example.

``example/`` is a pull request on a small network, with the plan that real Terraform made of it (``plan.json``);
``before/`` is the network that was applied before. ``tests/e2e/make_demo_plan.py`` makes the plan again.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from checker.model.record import replace
from checker.settings import Settings

EXAMPLE: Final = Path(__file__).parent / "example"

NEXT: Final = """
What you saw: a pull request that stops recording rejected traffic in one VPC, deletes the flow log of another, opens
SSH to the world in two halves, and adds a third VPC whose log can never be delivered. Its source is in {example}

Try next:
  flowcheck demo --format markdown        the same as a pull-request comment
  flowcheck demo --verbose                with everything that passed, and why
  flowcheck rules FL005                   the page of a rule
  flowcheck hcl DIR                       your own Terraform, without a plan
  terraform plan -out tf.plan && flowcheck plan tf.plan
  flowcheck init                          a configuration, a policy and a baseline for your repository
"""


def run_demo(settings: Settings) -> int:
    """Judge the example's plan, print the report, and say what to try next. Returns 0: the findings are the point."""
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
        print(NEXT.format(example=near(EXAMPLE)))
    return 0
