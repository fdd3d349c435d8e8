"""Does an alarm tell somebody when the metric of a filter rises: statistic, threshold, actions, topic, subscription?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from checker.model.entity import Entity
from checker.model.finding import Json
from checker.model.known import Key, Maybe, Unknown
from checker.model.monitoring import Alarm, MetricFilter, MetricQuery, Topic, TopicSubscription
from checker.model.origin import Source
from checker.model.record import dataclass
from checker.rules._log_groups import same_place
from checker.rules._point import Point
from checker.rules._rule import Context, Params
from checker.rules._say import cause, name
from checker.rules._text import Tri, all_of, equal_maybe

ALARM: Final = "aws_cloudwatch_metric_alarm"
TOPIC: Final = "aws_sns_topic"
SUBSCRIPTION: Final = "aws_sns_topic_subscription"
_RISING: Final = ("GreaterThanThreshold", "GreaterThanOrEqualToThreshold")
_COUNTING: Final = ("Sum", "SampleCount")
_NUMBER: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Watch:
    """What an alarm watches: a metric of its own, or that of a query."""

    statistic: Maybe[str | None]
    period: Maybe[int | None]
    dimensions: Maybe[Mapping[str, Maybe[str]]]
    unit: Maybe[str | None]


@dataclass(frozen=True, slots=True)
class Chain:
    """One way from a filter to a person."""

    points: tuple[Point, ...]
    alarm: Alarm | None = None
    topic: Key | None = None
    """Key or ARN of the topic that is told."""

    @property
    def ok(self) -> Tri:
        """Whether it reaches somebody."""
        return all_of(*(point.ok for point in self.points))


def best_chain(one: MetricFilter, ctx: Context, params: Params) -> Chain:
    """Return the alarm on a filter's metric that works, else the one of which it is not known, else the nearest."""
    found = [_chain(alarm, one, ctx, params) for alarm in _near(one, ctx) if _watches(alarm, one) is not False]
    for answer in (True, None):
        for chain in found:
            if chain.ok is answer:
                return chain
    unread = ctx.model.unread_for(ALARM, one.origin.root)
    if unread is not None:
        return Chain((Point(ok=None, says=f"not every alarm could be read ({unread.reason})", entity=one),))
    if found:
        return max(found, key=lambda chain: sum(point.ok is True for point in chain.points))
    says = f"no alarm watches the metric {_metric(one)} of {name(one)}"
    return Chain((Point(ok=False, says=says, entity=one),))


def _near(one: MetricFilter, ctx: Context) -> list[Alarm]:
    """Return the alarms that may watch a filter's metric, found by its name."""
    memo = ("alarms by metric",)
    found = ctx.memory.get(memo)
    if not isinstance(found, dict):
        made: dict[str | None, list[Alarm]] = {}
        for alarm in ctx.model.alarms:
            plain = not isinstance(alarm.queries, Unknown) and not alarm.queries
            called = alarm.metric_name if plain and isinstance(alarm.metric_name, str) else None
            made.setdefault(called, []).append(alarm)
        found = ctx.memory[memo] = made
    if isinstance(one.metric_name, Unknown):
        return list(ctx.model.alarms)
    return sorted([*found.get(one.metric_name, []), *found.get(None, [])], key=lambda alarm: alarm.key)


def _metric(one: MetricFilter) -> str:
    return f"{cause(one.metric_namespace)}/{cause(one.metric_name)}"


def _watches(alarm: Alarm, one: MetricFilter) -> Tri:
    """Say whether an alarm names a filter's metric, in the filter's account and region."""
    here = same_place(alarm, one)
    own = all_of(
        equal_maybe(alarm.metric_name, one.metric_name), equal_maybe(alarm.metric_namespace, one.metric_namespace)
    )
    if here is False or own is True:
        return all_of(here, own)
    if isinstance(alarm.queries, Unknown):
        return None
    names: list[Tri] = [own]
    for query in alarm.queries:
        if isinstance(query, Unknown):
            names.append(None)
            continue
        same = equal_maybe(query.metric_name, one.metric_name)
        names.append(all_of(same, equal_maybe(query.metric_namespace, one.metric_namespace)))
    if any(answer is True for answer in names):
        return here
    return None if any(answer is None for answer in names) else False


def _chain(alarm: Alarm, one: MetricFilter, ctx: Context, params: Params) -> Chain:
    watch = _watch(alarm, one)
    if isinstance(watch, Unknown):
        return Chain((Point(ok=None, says=watch.reason, entity=alarm),), alarm)
    actions, topic = _actions(alarm, ctx, params)
    sure = all_of(_watches(alarm, one), None if isinstance(alarm.exists, Unknown) else True)
    named = Point(ok=sure, says=f"{name(alarm)} watches the metric {_metric(one)}", entity=alarm)
    points = (
        named
        if named.ok
        else Point(ok=None, says=f"whether {name(alarm)} watches the metric is not known", entity=alarm),
        _published(alarm, one, watch),
        _rises(alarm, one, watch),
        _quiet(alarm, one),
        _in_time(alarm, watch, params),
        *actions,
    )
    return Chain(points, alarm, topic)


def _watch(alarm: Alarm, one: MetricFilter) -> Watch | Unknown:
    if isinstance(alarm.queries, Unknown):
        return alarm.queries
    if not alarm.queries:
        statistic = alarm.statistic if alarm.extended_statistic is None else alarm.extended_statistic
        return Watch(statistic, alarm.period, alarm.dimensions, alarm.unit)
    watched = [query for query in alarm.queries if isinstance(query, MetricQuery) and _is_watched(query, alarm)]
    if len(watched) == 1 and equal_maybe(watched[0].metric_name, one.metric_name) is True:
        query = watched[0]
        return Watch(query.statistic, query.period, query.dimensions, query.unit)
    return Unknown(f"{name(alarm)} watches an expression over metrics, which is not evaluated")


def _is_watched(query: MetricQuery, alarm: Alarm) -> bool:
    only = not isinstance(alarm.queries, Unknown) and len(alarm.queries) == 1
    return only or (not isinstance(query.return_data, Unknown) and query.return_data)


def _published(alarm: Alarm, one: MetricFilter, watch: Watch) -> Point:
    """Judge whether the alarm sees what the filter publishes: dimensions and unit make a metric another one."""
    for value in (one.dimensions, watch.dimensions, one.unit, watch.unit, one.metric_value):
        if isinstance(value, Unknown):
            return Point(
                ok=None, says=f"what {name(alarm)} sees of the metric is not known ({value.reason})", entity=one
            )
    if one.dimensions:
        words = ", ".join(sorted(one.dimensions))
        says = f"{name(one)} splits the metric by {words}: an alarm sees one value of it at most"
        return Point(ok=False, says=says, entity=one)
    if watch.dimensions:
        words = ", ".join(sorted(watch.dimensions))
        return Point(ok=False, says=f"{name(alarm)} watches dimension {words}, which is not published", entity=alarm)
    if watch.unit not in (None, one.unit or "None"):
        says = f"{name(alarm)} watches unit {watch.unit}, and {name(one)} publishes unit {one.unit or 'None'}"
        return Point(ok=False, says=says, entity=alarm)
    step = _step(one)
    if step is not None and step <= 0:
        says = f"each match adds {one.metric_value} to the metric, which never rises"
        return Point(ok=False, says=says, entity=one)
    if isinstance(one.default_value, str) and one.default_value.strip("0.") != "":
        says = f"{name(one)} publishes {one.default_value} while nothing matches"
        return Point(ok=False, says=says, entity=one)
    return Point(ok=True, says=f"each match adds {one.metric_value} to the metric", entity=one)


def _step(one: MetricFilter) -> float | None:
    """Return what one match adds; None where it comes from the record (``$packets``) or is not known."""
    value = one.metric_value
    return float(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else None


def _rises(alarm: Alarm, one: MetricFilter, watch: Watch) -> Point:
    """Judge statistic, comparison and threshold: can the count reach it, and is it not reached by nothing at all?"""
    values: tuple[Maybe[object], ...] = (watch.statistic, alarm.comparison, alarm.threshold, one.default_value)
    for value in values:
        if isinstance(value, Unknown):
            return Point(ok=None, says=f"when {name(alarm)} rises is not known ({value.reason})", entity=alarm)
    statistic, comparison, threshold = watch.statistic, alarm.comparison, alarm.threshold
    if comparison not in _RISING:
        says = f"{name(alarm)} compares with {comparison}: it does not rise with the number of rejected logins"
        return Point(ok=False, says=says, entity=alarm)
    if not isinstance(threshold, float | int) or isinstance(threshold, bool):
        return Point(ok=None, says=f"{name(alarm)} has a threshold that another metric gives", entity=alarm)
    least = "at least" if comparison == _RISING[1] else "more than"
    words = f"{statistic} of {least} {threshold:g}"
    if _meets(0.0, str(comparison), threshold):
        says = f"{name(alarm)} asks for a {words}, which is met without any rejected login"
        return Point(ok=False, says=says, entity=alarm)
    if statistic == "SampleCount" and one.default_value is not None:
        says = f"the {words} counts the default values of {name(one)} too, published while nothing matches"
        return Point(ok=None, says=says, entity=alarm)
    if statistic in _COUNTING:
        return Point(ok=True, says=f"{name(alarm)} asks for a {words}", entity=alarm)
    step = _step(one)
    steady = one.default_value is None or statistic == "Maximum"
    if step is not None and steady and _meets(step, str(comparison), threshold):
        return Point(ok=True, says=f"{name(alarm)} asks for a {words}, which one match meets", entity=alarm)
    if step is None and steady:
        return Point(ok=None, says=f"whether the {words} is ever met depends on the records", entity=alarm)
    says = f"{name(alarm)} asks for a {words}, but only Sum and SampleCount count matches"
    return Point(ok=False, says=says, entity=alarm)


def _meets(value: float, comparison: str, threshold: float) -> bool:
    return value >= threshold if comparison == _RISING[1] else value > threshold


def _quiet(alarm: Alarm, one: MetricFilter) -> Point:
    """Judge what the alarm says while nothing is rejected: one that always rings tells nothing."""
    missing = alarm.treat_missing_data
    if isinstance(missing, Unknown):
        return Point(
            ok=None, says=f"how {name(alarm)} takes missing data is not known ({missing.reason})", entity=alarm
        )
    if missing == "breaching" and one.default_value is None:
        says = f"{name(alarm)} takes missing data as breaching: it rings while nothing is rejected"
        return Point(ok=False, says=says, entity=alarm)
    return Point(ok=True, says=f"{name(alarm)} takes missing data as {missing}", entity=alarm)


def _in_time(alarm: Alarm, watch: Watch, params: Params) -> Point:
    count = alarm.evaluation_periods if alarm.datapoints_to_alarm is None else alarm.datapoints_to_alarm
    if isinstance(count, Unknown) or isinstance(watch.period, Unknown):
        return Point(ok=None, says=f"the period of {name(alarm)} is not known", entity=alarm)
    seconds = (watch.period or 0) * (count or 1)
    most = int(str(params["max_delay_seconds"]))
    says = f"{name(alarm)} needs {count or 1} period(s) of {watch.period or 0} seconds"
    if seconds > most:
        return Point(ok=False, says=f"{says}; at most {most} seconds are allowed", entity=alarm)
    return Point(ok=True, says=says, entity=alarm)


def _actions(alarm: Alarm, ctx: Context, params: Params) -> tuple[list[Point], Key | None]:
    """Judge whom the alarm tells."""
    enabled, actions = alarm.actions_enabled, alarm.alarm_actions
    if isinstance(enabled, Unknown) or isinstance(actions, Unknown):
        return [Point(ok=None, says=f"whom {name(alarm)} tells is not known", entity=alarm)], None
    if not enabled:
        return [Point(ok=False, says=f"the actions of {name(alarm)} are switched off", entity=alarm)], None
    topics = [key for key in actions if isinstance(key, str) and _is_topic(key, ctx)]
    told = [(_told(alarm, key, ctx, params), key) for key in topics]
    for answer in (True, None, False):
        for point, key in told:
            if point.ok is answer and (answer is not False or not _open(actions)):
                return [point], key
    if _open(actions):
        return [Point(ok=None, says=f"an action of {name(alarm)} is not known", entity=alarm)], None
    return [Point(ok=False, says=f"{name(alarm)} names no SNS topic in alarm_actions", entity=alarm)], None


def _open(actions: tuple[Maybe[Key], ...]) -> bool:
    return any(isinstance(action, Unknown) for action in actions)


def _is_topic(key: Key, ctx: Context) -> bool:
    return isinstance(ctx.model.by_key.get(key), Topic) or (key.startswith("arn:") and key.split(":")[2] == "sns")


def _told(alarm: Alarm, topic: Key, ctx: Context, params: Params) -> Point:
    """Judge whether somebody hears a topic."""
    entity = ctx.model.by_key.get(topic)
    where: Entity = entity or alarm
    absent = ctx.model.absent_for(topic)
    if absent is not None:
        return Point(ok=False, says=f"topic {topic} does not exist ({absent.says})", entity=alarm)
    listed = [each for each in ctx.model.topic_subscriptions if _is_of(each, topic) is not False]
    sure = [each for each in listed if _is_of(each, topic) and not isinstance(each.exists, Unknown)]
    for each in sure:
        if not isinstance(each.confirmed, Unknown) and each.confirmed:
            return Point(ok=True, says=f"{name(each)} of {topic} is confirmed ({cause(each.protocol)})", entity=each)
    doubtful = [each for each in listed if each not in sure or isinstance(each.confirmed, Unknown)]
    if doubtful:
        return _unconfirmed(doubtful[0], topic, params)
    unread = ctx.model.unread_for(SUBSCRIPTION, where.origin.root)
    if unread is not None:
        return Point(ok=None, says=f"the subscriptions of {topic} could not be read ({unread.reason})", entity=where)
    if sure:
        says = f"nobody has confirmed a subscription of {topic}: {name(sure[0])} is pending"
        return Point(ok=False, says=says, entity=sure[0])
    if entity is None or not entity.origin.managed:
        return Point(ok=None, says=f"the subscriptions of {topic} are not in the input", entity=where)
    return Point(ok=False, says=f"nobody subscribes to {topic}", entity=where)


def _is_of(subscription: TopicSubscription, topic: Key) -> Tri:
    wanted = subscription.topic
    if isinstance(wanted, Unknown):
        return None if not wanted.among or topic in wanted.among else False
    return wanted == topic


def _unconfirmed(subscription: TopicSubscription, topic: Key, params: Params) -> Point:
    """Judge a subscription that somebody has to confirm outside the configuration."""
    planned = subscription.origin.source not in (Source.ACCOUNT, Source.SNAPSHOT)
    if planned and params.get("assume_confirmed") is True and _is_of(subscription, topic):
        says = f"Assumed: somebody confirms {name(subscription)}; Terraform cannot"
        return Point(ok=True, says=says, entity=subscription, assumed=True)
    says = f"whether somebody confirms {name(subscription)} ({cause(subscription.protocol)}) is not known"
    return Point(ok=None, says=says, entity=subscription)


def facts_of(chain: Chain) -> dict[str, Json]:
    """Return what was read of an alarm, as facts."""
    if chain.alarm is None:
        return {}
    return {"alarm": chain.alarm.key, "topic": chain.topic}
