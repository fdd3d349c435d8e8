"""What several suites share: an AWS over HTTP on this machine, and everything that can be wrong with one.

moto_server.py  moto over HTTP on a free loopback port; credentials of several accounts
organization.py an organisation with units, tags and a suspended account
wire.py         AWS requests told apart, AWS answers read and written, in every protocol that AWS speaks
fault_proxy.py  an HTTP proxy in front of moto that applies rules to the calls that pass, and keeps a record of them
faults.py       rules that break things: denials, throttling, resets, stalls, truncation, expiry
scripts.py      rules that answer what moto cannot express: delivery failures, pages, regions, other owners
moto_shim.py    rules that correct where moto is not like AWS, each with a name; all that are in force
moto_gaps.py    those of them that are not about flow logs: what moto lacks, and what it says of other services
"""
