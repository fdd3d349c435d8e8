"""WHICH RULES, WITH WHAT PARAMETERS: policies, waivers and baselines. May import ``model`` and ``errors``."""

from checker.policy._policy import (
    ManagedElsewhere,
    Policy,
    RuleMeta,
    RuleSettings,
    Waiver,
)
from checker.policy.load import load_policy
from checker.policy.shipped import data_folder, shipped_policies

__all__ = [
    "ManagedElsewhere",
    "Policy",
    "RuleMeta",
    "RuleSettings",
    "Waiver",
    "data_folder",
    "load_policy",
    "shipped_policies",
]
