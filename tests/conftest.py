"""Settings of the whole suite."""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import passed_before
from tests.e2e.planning import planned_before

# `make test` looks briefly, `make test-full` (HYPOTHESIS_PROFILE=full) three times as long; both repeat exactly.
settings.register_profile(
    "default", max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "full", max_examples=200, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

# Looked up once and handed to every worker, so that all collect the same tests: what is cached grows while they run.
os.environ.setdefault("FLOWCHECK_E2E_PLANNED", " ".join(planned_before()))
passed_before.look_up()

# A shell has what it starts in the background ignore Ctrl-C, and that is handed on to every program the tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    """Have the process that hears of every test write down which passed, where that is asked for."""
    if (path := os.environ.get(passed_before.WRITTEN)) and not hasattr(config, "workerinput"):
        config.pluginmanager.register(passed_before.Passed(Path(path)))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what passed before, where that is asked for."""
    items[:], left_out = passed_before.chosen(items)
    if left_out:
        config.hook.pytest_deselected(items=left_out)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was left out."""
    if said := os.environ.get(passed_before.SAID):
        terminalreporter.write_line(said)
