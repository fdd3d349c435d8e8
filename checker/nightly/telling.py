"""Notifications and heartbeats of a night. Whatever fails here is told in the outcome and stops nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import partial
from typing import Any, Final

from checker.errors import CheckerError
from checker.history.outbox import Letter, Outbox, Posted
from checker.model.finding import Gap
from checker.model.record import dataclass
from checker.nightly.config import Target, secret
from checker.nightly.places import put
from checker.notify import InDoubtError, Message, NotSentError

_BACK: Final = 7
"""Nights back whose messages are still sent where they could not be before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What it takes to reach others."""

    session: Callable[[], Any]
    """Gives a boto3 session of the process's own credentials."""
    variable: Callable[[str], str | None]
    """Gives an environment variable that the configuration names."""


def post(outbox: Outbox, targets: tuple[Target, ...], message: Message | None, night: str) -> None:
    """Keep the message of a night for every target, once."""
    for target in targets if message is not None else ():
        outbox.put(night, target.name, message.values() if message is not None else {})


def send_all(
    outbox: Outbox, targets: tuple[Target, ...], night: str, means: Means
) -> tuple[list[dict[str, Any]], list[Gap]]:
    """Send what waits, of this night and of those before; return what became of it, and the gaps."""
    since = (date.fromisoformat(night) - timedelta(days=_BACK)).isoformat()
    told: list[dict[str, Any]] = []
    gaps: list[Gap] = []
    for each in (each for each in outbox.nights(since) if each <= night):
        for target in targets:
            letter = outbox.send(each, target.name, partial(_send, target, each, means))
            if letter is None or (letter.earlier and each != night and letter.state is Posted.SENT):
                continue
            told.append(_told(letter))
            gaps += _gap(letter)
    return told, gaps


def _told(letter: Letter) -> dict[str, Any]:
    return {
        "night": letter.night,
        "target": letter.target,
        "state": letter.state.value,
        "cause": letter.cause or None,
        "sent_before": letter.earlier and letter.state is Posted.SENT,
    }


def _gap(letter: Letter) -> list[Gap]:
    if letter.state is Posted.SENT:
        return []
    affects = {
        Posted.WAITING: "the new failures were not told; the next call tries again",
        Posted.IN_DOUBT: "whether the new failures were told is not known; they are not told again",
    }.get(letter.state, "whether the new failures were told is not known yet")
    return [Gap(what=f"notification {letter.target} of {letter.night}", cause=letter.cause, affects=affects)]


def _send(target: Target, night: str, means: Means, body: Mapping[str, Any]) -> tuple[Posted, str]:
    message = Message.from_values(body)
    try:
        if target.kind == "sns":
            from checker.notify import sns

            sns.send(target.value, message, session=means.session, key=f"{night}-{target.name}")
        else:
            from checker.notify import webhook

            url = secret(target.value, target.name, means.variable)
            webhook.check_url(url, target.name)
            webhook.send(url, message)
    except (NotSentError, CheckerError) as error:
        return Posted.WAITING, str(error)
    except InDoubtError as error:
        return Posted.IN_DOUBT, str(error)
    return Posted.SENT, ""


def beat(
    targets: tuple[Target, ...], outcome: Mapping[str, Any], means: Means
) -> tuple[list[dict[str, Any]], list[Gap]]:
    """Tell every watcher that the night came to its end."""
    told: list[dict[str, Any]] = []
    gaps: list[Gap] = []
    for target in targets:
        try:
            _beat(target, outcome, means)
            told.append({"target": target.name, "sent": True, "cause": None})
        except (NotSentError, InDoubtError, CheckerError) as error:
            told.append({"target": target.name, "sent": False, "cause": str(error)})
            affects = "who watches for it will take this night for one that did not run"
            gaps.append(Gap(what=f"heartbeat {target.name}", cause=str(error), affects=affects))
    return told, gaps


def _beat(target: Target, outcome: Mapping[str, Any], means: Means) -> None:
    short = {key: outcome[key] for key in ("name", "night", "started_at", "finished_at", "exit_code", "run_id")}
    if target.kind == "place":
        put(target.value, json.dumps(short, indent=1), "application/json", means.session)
    elif target.kind == "url":
        from checker.notify import webhook

        url = secret(target.value, target.name, means.variable)
        webhook.check_url(url, target.name)
        body = None if target.method == "GET" else json.dumps(short).encode()
        webhook.request(url, target.method, body, "application/json")
    else:
        _metric(target.value, str(outcome["name"]), means)


def _metric(value: Mapping[str, str], name: str, means: Means) -> None:
    """Put 1 into a metric of CloudWatch; an alarm that treats missing data as breaching watches it."""
    from botocore.exceptions import BotoCoreError, ClientError

    datum = {"MetricName": value.get("metric", "NightDone"), "Value": 1.0, "Unit": "Count",
             "Dimensions": [{"Name": "Name", "Value": name}]}  # fmt: skip
    try:
        client = means.session().client("cloudwatch", region_name=value["region"])
        client.put_metric_data(Namespace=value["namespace"], MetricData=[datum])
    except (BotoCoreError, ClientError) as error:
        raise NotSentError(" ".join(str(error).split())[:200]) from error
