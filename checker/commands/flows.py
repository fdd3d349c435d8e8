"""One flow against a network: ``flowcheck explain``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from checker import app
from checker.errors import UsageError
from checker.model.record import replace

if TYPE_CHECKING:
    from checker.judging import Demands
    from checker.model.loaded import Loaded
    from checker.settings import Settings


def explain(flags: dict[str, Any]) -> int:
    """Trace one flow through a network; with a plan, say what becomes of it."""
    from checker.explaining import trace
    from checker.judging import read_demands

    laid_over = flags.get("live")
    settings = replace(app.settings_of(flags), logs=tuple(flags.get("logs") or ()))
    demands = read_demands(settings)
    loaded = app.read_network(settings, demands)
    if laid_over is not None:
        loaded = _over_live(loaded, settings, demands)
    text, code = trace(settings.inputs[0], loaded, settings, session=lambda: app.session_of(settings))
    print(text)
    return code


def _over_live(loaded: Loaded, settings: Settings, demands: Demands) -> Loaded:
    """Return a plan laid over the account as it stands."""
    if loaded.before is None:
        raise UsageError("--live is for a plan", hint="Name the plan with --network, or leave --live out.")
    from checker.load.overlay import overlay

    return overlay(loaded, app.live_network(settings, demands, ()))
