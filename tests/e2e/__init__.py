"""Terraform configurations, planned by real Terraform, with the verdicts that a careful reader expects.

case.py       a case on disk and what it expects
terraform.py  Terraform with a local copy of the AWS provider
aws.py        the AWS endpoint: a moto server on a loopback port
planning.py   from a case to its plan, source folder and refreshed state, cached
running.py    flowcheck run on one of the three ways to read a case
"""
