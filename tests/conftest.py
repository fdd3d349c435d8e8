"""Settings of the whole suite."""

import os

from hypothesis import HealthCheck, settings

# `make test` looks briefly, `make test-full` (HYPOTHESIS_PROFILE=full) three times as long; both repeat exactly.
settings.register_profile(
    "default", max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "full", max_examples=200, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
