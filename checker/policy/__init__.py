"""WHICH RULES, WITH WHAT PARAMETERS: policies, waivers and baselines. May import ``model`` and ``errors``."""

from checker.policy._policy import ManagedElsewhere, Policy, RuleMeta, RuleSettings, Waiver
from checker.policy.baseline import Baseline, apply_baseline, load_baseline
from checker.policy.check import check_policy_file
from checker.policy.frameworks import control_demands, framework_words, named, with_frameworks
from checker.policy.load import load_policy
from checker.policy.schema import published_schemas
from checker.policy.shipped import data_folder, shipped_policies
from checker.policy.starter import starter_policy, starter_waivers
from checker.policy.waiver import WaiverResult, apply_waivers
from checker.policy.waiver_file import load_waivers, waivers_from_inline
from checker.policy.waiver_rows import waiver_rows

__all__ = [
    "Baseline",
    "ManagedElsewhere",
    "Policy",
    "RuleMeta",
    "RuleSettings",
    "Waiver",
    "WaiverResult",
    "apply_baseline",
    "apply_waivers",
    "check_policy_file",
    "control_demands",
    "data_folder",
    "framework_words",
    "load_baseline",
    "load_policy",
    "load_waivers",
    "named",
    "published_schemas",
    "shipped_policies",
    "starter_policy",
    "starter_waivers",
    "waiver_rows",
    "waivers_from_inline",
    "with_frameworks",
]
