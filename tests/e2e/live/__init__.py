"""Live accounts, built in moto over HTTP, and the verdicts that a careful reader expects of them.

world.py      what a builder builds with: clients, names for what was made, rules of the proxy
pieces.py     things that most accounts have: a VPC that is closed, a log group that delivers, a protected bucket
accounts/     one account, or organisation, each: NAME.py builds it, NAME.yaml says what is expected
auditing.py   flowcheck account, run against the proxy, and compared with what is expected
"""
