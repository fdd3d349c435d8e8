"""Settings of the whole suite."""

import os

from hypothesis import HealthCheck, settings

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
