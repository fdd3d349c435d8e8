"""The files that ``flowcheck init`` writes: right as they stand, with what one may want to change in comments."""

from __future__ import annotations

from typing import Final

_POLICY: Final = """\
# The policy of this folder. It demands what `baseline` demands, changed by what stands here.
# Try it with: flowcheck policy check flowcheck/policy.yaml
version: 1
name: local
extends: baseline

# rules:
#   # Where flow logs may go. FL004 and FL008 need this list.
#   FL004:
#     allow:
#       - {type: s3, arn: "arn:aws:s3:::acme-logs/*", account: "111122223333"}
#   FL003: {severity: high, max_seconds: 60}
#   FL009: {enabled: false}

# Other settings for a part of the network. Match by account, region, tag, cidr, address or type; later entries win.
# select:
#   - match: {tag: {env: dev}}
#     rules: {FL006: {enabled: false}}

# Destinations that another team keeps, so that they are not judged here.
# destinations:
#   - arn: "arn:aws:s3:::central-logs"
#     account: "444455556666"
#     managed_elsewhere: {owner: log-platform@example.com, checked_by: their nightly audit}
"""

_WAIVERS: Final = """\
# Accepted exceptions. Each names a rule, a scope, a reason and who answers for it; `until` is its last day, UTC.
# An address is matched per segment: * stays within one, ** takes any number, and a module call covers what is in it.
# On a single resource or module call, a comment does the same: # flowcheck:ignore=FL003 reason="..." until=2027-03-31
version: 1
waivers: []
#  - rule: FL003
#    scope: {address: "module.legacy[*].aws_flow_log.*"}
#    reason: instances that are not Nitro, until the migration
#    owner: netops@example.com
#    until: 2027-03-31
"""


def starter_policy() -> str:
    """Return the text of a policy to start from."""
    return _POLICY


def starter_waivers() -> str:
    """Return the text of a waiver file to start from."""
    return _WAIVERS
