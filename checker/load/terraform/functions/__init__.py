"""Terraform's functions over values that may be symbolic.

names.py         which functions there are
arguments.py     what a function asks of its arguments; conversions
collections.py   lists and maps
sets.py          sets
conversions.py   tostring, toset, ...
strings.py       texts
patterns.py      replace, regex, regexall
regex_cost.py    what a regular expression may cost
formatting.py    format, formatlist
numbers.py       arithmetic
encoding.py      JSON, YAML, CSV, base64, URLs
networks.py      cidrsubnet and its kin
hashes.py        digests
paths.py         file names
times.py         time stamps
"""

from __future__ import annotations

from checker.load.terraform.functions.arguments import FunctionError
from checker.load.terraform.functions.names import NAMES, call

__all__ = ["NAMES", "FunctionError", "call"]
