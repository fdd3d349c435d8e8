"""Writes the Terraform that resolves findings into the source: what a finding's remediation says, as edits of files.

    remediation (beside the rule) → written.py (its blocks) → by_rule.py, apply.py (what to do with them)
        → places.py, landing.py, lift.py (where) → layout.py (how it is laid out) → files.py (texts, diff, writing)

The rules say what is right; this package knows where it belongs in the source and changes nothing else there.
"""
