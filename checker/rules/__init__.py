"""WHAT MUST HOLD: one file per rule; its docstring is its page. ``RULES`` is the only registry."""

from __future__ import annotations

from typing import Final

from checker.rules import (
    athena_table_missing,
    contributor_insights_rule_missing,
    default_security_group_open,
    flow_log_destination_not_allowed,
    flow_log_destination_unprotected,
    flow_log_fields_missing,
    flow_log_interval,
    flow_log_not_delivering,
    flow_log_redundant,
    flow_log_replaced_with_gap,
    flow_log_stray_destination,
    flow_log_tags_missing,
    flow_log_traffic_type,
    log_subscription_missing,
    network_acl_entry_shadowed,
    network_acl_open_to_world,
    network_acl_return_path_missing,
    rejected_login_alarm_missing,
    security_group_open_to_world,
    security_group_rule_dead,
    telemetry_rule_missing,
    vpc_flow_log_missing,
)
from checker.rules._rule import Rule

RULES: Final[tuple[Rule, ...]] = (
    vpc_flow_log_missing.RULE,
    flow_log_traffic_type.RULE,
    flow_log_interval.RULE,
    flow_log_destination_not_allowed.RULE,
    flow_log_not_delivering.RULE,
    flow_log_destination_unprotected.RULE,
    flow_log_fields_missing.RULE,
    flow_log_stray_destination.RULE,
    flow_log_redundant.RULE,
    flow_log_tags_missing.RULE,
    flow_log_replaced_with_gap.RULE,
    security_group_open_to_world.RULE,
    default_security_group_open.RULE,
    security_group_rule_dead.RULE,
    network_acl_open_to_world.RULE,
    network_acl_entry_shadowed.RULE,
    network_acl_return_path_missing.RULE,
    rejected_login_alarm_missing.RULE,
    contributor_insights_rule_missing.RULE,
    athena_table_missing.RULE,
    log_subscription_missing.RULE,
    telemetry_rule_missing.RULE,
)
