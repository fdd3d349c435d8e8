"""Terraform configurations, planned by real Terraform, with the verdicts that a careful reader expects.

case.py       a case on disk and what it expects
terraform.py  Terraform with a local copy of the AWS provider
provider.py   the AWS provider, kept running; passing.py stands before it and shortens its schema
live/         live accounts instead of plans, in the moto server of tests/support
planning.py   from a case to its plan and source folder, cached in .cache/e2e (or $FLOWCHECK_E2E_CACHE)
running.py    flowcheck run on one of the three ways to read a case, and compared with what is expected
comparing.py  two network models, compared
"""
