"""Does a log group's metric filter reach somebody when logins are rejected? Every filter on every log's records."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from checker.model.entity import Entity
from checker.model.finding import Confidence, Evidence, Json, Remediation
from checker.model.known import Unknown
from checker.model.monitoring import MetricFilter
from checker.model.record import dataclass
from checker.rules._alarm import Chain, best_chain, facts_of
from checker.rules._filter_pattern import Pattern, Unreadable, parse_pattern
from checker.rules._fix_alarm import STANDARD_GROUP, alarm_blocks, login_pattern, wider_format
from checker.rules._log_groups import Sink, attached, title_of
from checker.rules._pattern_fit import ACCEPTED, OTHER_PORTS, OTHER_PROTOCOLS, Fit, any_extra, conditions, fit
from checker.rules._point import Point
from checker.rules._record import Layout
from checker.rules._rule import Context, Outcome, Params
from checker.rules._say import assumed, fact, failed, name, passed, unknown
from checker.rules._text import Tri, all_of, any_of, opposite

FILTER: Final = "aws_cloudwatch_log_metric_filter"
NEEDED: Final = ("dstport", "protocol", "action")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A metric filter, judged on every layout."""

    filter: MetricFilter
    pattern: Pattern
    fits: tuple[Fit, ...]
    """In the order of the layouts."""
    clean: Point
    """Nothing else is chosen."""
    chain: Chain
    sure: bool
    """It certainly is on this group."""

    def reaches(self, layout: int, port: int) -> Tri:
        """Say whether rejected logins on a port of one log reach somebody through this filter."""
        caught = dict(self.fits[layout].caught)[port].answer
        return all_of(caught, self.clean.ok, self.chain.ok, True if self.sure else None)


class Judged:
    """One log group with all that is known of it."""

    def __init__(
        self,
        sink: Sink,
        ctx: Context,
        params: Params,
        layouts: list[Layout],
        relevant: list[int],
        ports: tuple[int, ...],
    ) -> None:
        self.sink, self.ctx, self.params = sink, ctx, params
        self.layouts, self.relevant, self.ports = layouts, relevant, ports
        sure, maybe = attached(ctx, ctx.model.metric_filters, sink)
        self.candidates = [self._candidate(one, True) for one in sure] + [self._candidate(one, False) for one in maybe]

    def _candidate(self, one: MetricFilter, sure: bool) -> Candidate:
        text = one.pattern
        pattern = Unreadable(text.reason) if isinstance(text, Unknown) else parse_pattern(text)
        fits = tuple(fit(pattern, layout, self.ports) for layout in self.layouts)
        clean = _clean(one, fits, self.params)
        return Candidate(one, pattern, fits, clean, best_chain(one, self.ctx, self.params), sure)

    def outcome(self, facts: dict[str, Json]) -> Outcome:
        """Add up: every port of every log must reach somebody through some filter."""
        answers = {
            (at, port): any_of(*(each.reaches(at, port) for each in self.candidates))
            for at in self.relevant
            for port in self.ports
        }
        facts["filters"] = list[Json](sorted(each.filter.key for each in self.candidates))
        group = self.sink.group
        if group is not None and not isinstance(group.log_group_class, Unknown) and group.log_group_class != "STANDARD":
            return self._wrong_class(facts)
        if all(answer is True for answer in answers.values()):
            return self._passed(facts)
        wrong = next(key for answer in (False, None) for key, found in answers.items() if found is answer)
        doubt = self._doubt()
        if answers[wrong] is None or doubt is not None:
            return self._unsure(wrong, doubt, facts)
        return self._failed(wrong, facts)

    def _doubt(self) -> str | None:
        """Return why there may be filters that the model lacks."""
        unread = self.ctx.model.unread_for(FILTER, self.sink.entity.origin.root)
        if unread is not None:
            return f"not every metric filter could be read ({unread.reason})"
        if self.sink.outside:
            return "the log group is kept elsewhere, and so may be its metric filters"
        if all(isinstance(self.sink.logs[at].exists, Unknown) for at in self.relevant):
            return "whether the flow log exists is not known"
        return None

    def _passed(self, facts: dict[str, Json]) -> Outcome:
        used = [each for each in self.candidates if self._is_used(each)]
        evidence = [item for each in used for item in self._evidence(each)]
        chains = [each.chain for each in used]
        facts.update(facts_of(chains[0]))
        guessed = any(point.assumed for chain in chains for point in chain.points)
        entities = [*(each.filter for each in used), *(chain.alarm for chain in chains if chain.alarm), *self.sink.logs]
        notes = list(assumed(entities))
        words = " and ".join(str(port) for port in self.ports)
        message = f"Rejected logins (port {words}) in {title_of(self.sink)} raise an alarm that somebody hears."
        confidence = Confidence.MEDIUM if guessed or notes else Confidence.HIGH
        return passed(message, [*evidence, *notes], facts, confidence=confidence)

    def _is_used(self, candidate: Candidate) -> bool:
        return any(candidate.reaches(at, port) is True for at in self.relevant for port in self.ports)

    def _evidence(self, candidate: Candidate) -> list[Evidence]:
        """Return where the conditions stand in each log's records, what else matches, and the chain."""
        found = []
        for at in self.relevant:
            places = [
                f"{position + 1} ({self.layouts[at].fields[position]})"
                for position, _, _ in conditions(candidate.pattern, self.layouts[at])
            ]
            log = self.sink.logs[at]
            says = f"the conditions of {name(candidate.filter)} stand at fields {', '.join(places) or 'none'}"
            found.append(
                fact(f"{says} of the {len(self.layouts[at].fields)} that {name(log)} writes", candidate.filter)
            )
        found.append(candidate.clean.evidence())
        udp = any_extra_of(candidate.fits, OTHER_PROTOCOLS)
        if udp is not False:
            says = f"Note: {name(candidate.filter)} counts other protocols on these ports too"
            found.append(fact(says, candidate.filter))
        return [*found, *(point.evidence() for point in candidate.chain.points)]

    def _unsure(self, wrong: tuple[int, int], doubt: str | None, facts: dict[str, Json]) -> Outcome:
        at, port = wrong
        reasons: list[Evidence] = [] if doubt is None else [fact(doubt, self.sink.entity)]
        for each in self.candidates:
            if each.reaches(at, port) is None:
                reasons += [fact(text, each.filter) for text in self._open_points(each, at, port)]
        reasons += [item for each in self.candidates for item in self._evidence(each)]
        says = reasons[0].statement
        message = f"{title_of(self.sink)}: whether rejected logins on port {port} raise an alarm is not known: {says}."
        return unknown(message, reasons, facts)

    def _open_points(self, candidate: Candidate, at: int, port: int) -> list[str]:
        caught = dict(candidate.fits[at].caught)[port]
        found = [caught.why] if caught.answer is None else []
        found += [point.says for point in (candidate.clean, *candidate.chain.points) if point.ok is None]
        return [*found, *([] if candidate.sure else [f"whether {name(candidate.filter)} is on this log group"])]

    def _failed(self, wrong: tuple[int, int], facts: dict[str, Json]) -> Outcome:
        at, port = wrong
        log, layout = self.sink.logs[at], self.layouts[at]
        near = self._nearest(at, port)
        defects = self._defects(near, at, port) if near is not None else []
        says = defects[0].statement if defects else "there is no metric filter on it"
        facts["missing"] = [f"{self.sink.logs[index].key}: {number}" for index, number in self._missing()]
        evidence = [*defects, *([fact(says, self.sink.entity)] if not defects else [])]
        evidence += [item for each in self.candidates for item in self._evidence(each) if item not in evidence]
        evidence.append(fact(f"{name(log)} writes {len(layout.fields)} fields: {' '.join(layout.fields)}", log))
        message = f"Rejected logins on port {port} in {title_of(self.sink)} raise no alarm: {says}."
        return failed(message, evidence, facts, self._fix(near, at, port))

    def _missing(self) -> list[tuple[int, int]]:
        return [
            (at, port)
            for at in self.relevant
            for port in self.ports
            if any_of(*(each.reaches(at, port) for each in self.candidates)) is False
        ]

    def _nearest(self, at: int, port: int) -> Candidate | None:
        """Return the filter that comes nearest: one that catches the port before one that does not."""

        def rank(each: Candidate) -> tuple[bool, bool, int]:
            caught = dict(each.fits[at].caught)[port].answer
            good = sum(point.ok is True for point in each.chain.points)
            return caught is True, each.clean.ok is True, good

        return max(self.candidates, key=rank, default=None)

    def _defects(self, candidate: Candidate, at: int, port: int) -> list[Evidence]:
        caught = dict(candidate.fits[at].caught)[port]
        found = []
        if caught.answer is False:
            found.append(fact(f"{name(candidate.filter)} misses them: {caught.why}", candidate.filter))
        bad = [point for point in (candidate.clean, *candidate.chain.points) if point.ok is False]
        return [*found, *(point.evidence() for point in bad)]

    def _fix(self, near: Candidate | None, at: int, port: int) -> Remediation:
        lacking = [field for field in NEEDED if field not in self.layouts[at].fields]
        if "action" in lacking and self.layouts[at].actions == {"REJECT"}:
            lacking.remove("action")
        if lacking:
            fields = [*self.layouts[at].fields, *lacking]
            return wider_format(self.sink.logs[at], fields, f"Record {' and '.join(lacking)} first.")
        patterns = dict.fromkeys(
            login_pattern(layout.fields, self.ports, rejects_only="action" not in layout.fields)
            for layout in (self.layouts[index] for index in self.relevant)
        )
        good = near if near is not None and near.clean.ok and dict(near.fits[at].caught)[port].answer else None
        topic = self._heard_topic()
        what = "Add the alarm" if good is not None else "Add a metric filter that fits the records, and the alarm"
        summary = f"{what} on rejected logins, and somebody who hears it."
        return alarm_blocks(self.sink, list(patterns), good.filter if good is not None else None, topic, summary)

    def _heard_topic(self) -> Entity | None:
        for each in self.candidates:
            if each.chain.topic is not None and each.chain.points and each.chain.points[-1].ok:
                return self.ctx.model.by_key.get(each.chain.topic)
        return None

    def _wrong_class(self, facts: dict[str, Json]) -> Outcome:
        group = self.sink.group
        kind = group.log_group_class if group is not None else ""
        says = f"metric filters need a log group of class STANDARD, and this one is {kind}"
        message = f"Rejected logins in {title_of(self.sink)} raise no alarm: {says}."
        return failed(message, [fact(says, group)], facts, STANDARD_GROUP)


def any_extra_of(fits: Iterable[Fit], *kinds: str) -> Tri:
    """Say whether a pattern chooses lines of some classes from any log."""
    return any_of(*(any_extra(each, *kinds) for each in fits))


def _clean(one: MetricFilter, fits: tuple[Fit, ...], params: Params) -> Point:
    """Judge whether a filter chooses nothing but rejected logins, from all logs of the group."""
    kinds = (ACCEPTED,) if params.get("allow_wider") is True else (ACCEPTED, OTHER_PORTS)
    found = any_extra_of(fits, *kinds)
    ok = opposite(found)
    if ok is True:
        return Point(ok=True, says=f"{name(one)} counts no {' and no '.join(kinds)}", entity=one)
    extra = next(each for each_fit in fits for each in each_fit.extra if each.what in kinds and each.answer is found)
    words = "counts" if found else "may count"
    example = "" if extra.what == ACCEPTED else f" (such as {extra.example})"
    return Point(ok=ok, says=f"{name(one)} {words} {extra.what} too{example}", entity=one)
