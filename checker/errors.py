"""The exception tree. Each message says what happened, where, and what to do next.

CheckerError
├── UsageError          the command or the settings are wrong                        exit 2
│   └── ConfigError     a settings file is wrong
├── InputError          an input named by the user cannot be understood             exit 2
│   ├── PlanError       a plan or state file
│   ├── HclError        Terraform source
│   ├── PolicyError     a policy, waiver or baseline file
│   └── RunFileError    a saved run (JSON report)
├── FixError            what was to be written would be wrong, or cannot be written   exit 2
├── ToolError           a program that flowcheck calls is missing or failed         exit 2
├── StoreError          the store of runs cannot be read or written                 exit 2
├── PostError           a platform did not take a comment or a report               exit 2
├── Interrupted         the person stopped it; what was read is kept                exit 130
└── InternalError       a bug in flowcheck                                           exit 70

A partial failure is not an exception but a Gap (checker.model.finding).
"""

from __future__ import annotations


class CheckerError(Exception):
    """Root of all errors that flowcheck raises itself."""

    exit_code = 70

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint
        """What the person should do next; printed on a line of its own."""


class UsageError(CheckerError):
    """The command line or the settings are wrong."""

    exit_code = 2


class ConfigError(UsageError):
    """A settings file is wrong."""


class InputError(CheckerError):
    """An input named by the user cannot be understood."""

    exit_code = 2


class PlanError(InputError):
    """A plan or state file cannot be read as one."""


class HclError(InputError):
    """A folder of Terraform source cannot be read at all."""


class PolicyError(InputError):
    """A policy, waiver or baseline file is wrong."""


class RunFileError(InputError):
    """A saved run cannot be read."""


class FixError(CheckerError):
    """A change of source is not written: it would be wrong, or somebody changed the file meanwhile."""

    exit_code = 2


class ToolError(CheckerError):
    """A program that flowcheck calls is missing or failed."""

    exit_code = 2


class StoreError(CheckerError):
    """The store of runs cannot be read or written."""

    exit_code = 2


class PostError(CheckerError):
    """A platform did not take a comment or a report."""

    exit_code = 2


class Interrupted(CheckerError):
    """The person stopped a run; what was read until then is kept where it was to be kept."""

    exit_code = 130


class InternalError(CheckerError):
    """A bug in flowcheck."""

    exit_code = 70
