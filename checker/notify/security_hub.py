"""AWS Security Hub: import what fails or is unknown, archive what an earlier run imported and is fixed.

Source: Security Hub API reference, ``BatchImportFindings`` (at most 100 findings a call; the caller's account must be
the findings' own) and ``GetFindings``.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from checker.errors import CheckerError
from checker.model.finding import Finding, Gap, Report, Status
from checker.model.record import dataclass
from checker.report.asff import PREFIX, finding_id, has_home, product_arn, to_asff
from checker.report.run_json import timestamp

BATCH: Final = 100
TRIES: Final = 4
_PAUSE: Final = 0.5
_PASSING: Final = frozenset(
    {"InternalException", "LimitExceededException", "TooManyRequestsException", "InternalError"}
)
"""Codes of single findings, and of whole calls, that may be gone when asked again."""

_SENT: Final = (Status.FAIL, Status.WAIVED, Status.UNKNOWN)
_OVER: Final = (Status.PASS, Status.NOT_APPLICABLE)
_ALREADY: Final = ("SchemaVersion", "Id", "ProductArn", "GeneratorId", "AwsAccountId", "Region", "CreatedAt", "Title",
                   "Description", "FindingProviderFields", "ProductFields")  # fmt: skip
"""Members of a finding that archiving hands back as they were."""

Home = tuple[str, str]
"""Account and region."""
ClientFor = Callable[[str, str], Any]
"""Gives the Security Hub client of an account and region; raises what botocore raises."""
Covers = Callable[[str, str, str], bool]
"""Says of a rule, a type and ``account/region`` whether the run would have named a subject there if it still failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What came of a sending."""

    imported: int
    archived: int
    gaps: tuple[Gap, ...]

    @property
    def note(self) -> str:
        """Return it in one sentence."""
        return f"Security Hub: {self.imported:,} findings imported, {self.archived:,} archived."


Each = Callable[[Callable[[Home], Sent], list[Home]], Iterable[Sent]]
"""Does the same for each account and region."""

_NOT_THERE: Final = frozenset(
    {"InvalidAccessException", "UnrecognizedClientException", "InvalidClientTokenId", "AuthFailure", "OptInRequired"}
)
"""Codes of a region in which Security Hub, or the account itself, is switched off: no finding of ours is there."""


def send(
    report: Report,
    client_for: ClientFor,
    *,
    covers: Covers,
    homes: Iterable[Home] = (),
    pause: Callable[[float], None] = time.sleep,
    each: Each = map,
) -> Sent:
    """Bring Security Hub up to date in every account and region. What fails becomes a gap.

    ``homes`` are those that were read: where nothing is found any more, earlier findings may be there to be archived.
    ``each`` does the work for each of them, in any order: they have limits of their own. ``client_for`` must bear that.
    """
    by_home = _by_home(report)

    def one(home: Home) -> Sent:
        return _Home(report, home, by_home.get(home, ()), covers, pause).sent(client_for)

    done = list(each(one, sorted({*by_home, *homes})))
    return Sent(
        imported=sum(every.imported for every in done),
        archived=sum(every.archived for every in done),
        gaps=tuple(sorted(gap for every in done for gap in every.gaps)),
    )


def _by_home(report: Report) -> dict[Home, list[Finding]]:
    found: dict[Home, list[Finding]] = defaultdict(list)
    for finding in report.findings:
        if has_home(finding.resource):
            found[str(finding.resource.account), str(finding.resource.region)].append(finding)
    return found


class _Home:
    """The findings of one account and region."""

    def __init__(
        self,
        report: Report,
        home: Home,
        findings: Sequence[Finding],
        covers: Covers,
        pause: Callable[[float], None],
    ) -> None:
        self.gaps: list[Gap] = []
        self._covers = covers
        self._report = report
        self._account, self._region = home
        self._findings = findings
        self._pause = pause

    def sent(self, client_for: ClientFor) -> Sent:
        """Import and archive; return what came of it."""
        imported = archived = 0
        try:
            client = client_for(self._account, self._region)
            imported = self.deliver(client, self.open_ones())
            archived = self.deliver(client, self.closed(client))
        except _expected() as error:
            if self._findings or _code(error) not in _NOT_THERE:
                self.note(f"it answered {_code(error)}")
        except CheckerError as error:
            self.note(str(error))
        return Sent(imported=imported, archived=archived, gaps=tuple(self.gaps))

    def note(self, cause: str) -> None:
        """Keep that something was not done."""
        what = f"Security Hub of {self._account}/{self._region}"
        affects = "whether Security Hub shows what this run found"
        self.gaps.append(Gap(what=what, cause=cause, affects=affects, account=self._account, region=self._region))

    def open_ones(self) -> Iterator[dict[str, Any]]:
        """Yield what is to be active."""
        history = self._report.assessment.history if self._report.assessment is not None else None
        since = {each.id: each.since for each in history.open} if history is not None else {}
        return (to_asff(each, self._report, since) for each in self._findings if each.status in _SENT)

    def closed(self, client: Any) -> list[dict[str, Any]]:
        """Return the findings of earlier runs that are known to be over, as Security Hub has them, archived."""
        status = {finding_id(each): each.status for each in self._findings}
        return [
            self._archived(each, status.get(each["Id"])) for each in self._active(client) if self._over(each, status)
        ]

    def _active(self, client: Any) -> Iterator[Mapping[str, Any]]:
        """Yield our own active findings. Security Hub is asked for these only, and what it says is looked at again."""
        filters = {
            "ProductArn": [{"Value": product_arn(self._account, self._region), "Comparison": "EQUALS"}],
            "GeneratorId": [{"Value": PREFIX, "Comparison": "PREFIX"}],
            "RecordState": [{"Value": "ACTIVE", "Comparison": "EQUALS"}],
        }
        pages = client.get_paginator("get_findings").paginate(Filters=filters, PaginationConfig={"PageSize": 100})
        for page in pages:
            yield from (each for each in page["Findings"] if self._is_ours(each))

    def _is_ours(self, found: Mapping[str, Any]) -> bool:
        return (
            found.get("RecordState") == "ACTIVE"
            and str(found.get("GeneratorId", "")).startswith(PREFIX)
            and found.get("ProductArn") == product_arn(self._account, self._region)
        )

    def _over(self, found: Mapping[str, Any], status: Mapping[str, Status]) -> bool:
        """Return whether a failure is known to be none any more. What was not looked at stays as it is."""
        now = status.get(found["Id"])
        if now is not None:
            return now in _OVER
        rule = str(found["GeneratorId"]).removeprefix(PREFIX)
        return self._covers(rule, "", f"{self._account}/{self._region}")

    def _archived(self, found: Mapping[str, Any], now: Status | None) -> dict[str, Any]:
        kept = {name: found[name] for name in _ALREADY if name in found}
        return {
            **kept,
            "UpdatedAt": timestamp(self._report.run.started_at),
            "Resources": [{"Type": each["Type"], "Id": each["Id"]} for each in found["Resources"]],
            "Compliance": {"Status": "PASSED" if now is Status.PASS else "NOT_AVAILABLE"},
            "RecordState": "ARCHIVED",
        }

    def deliver(self, client: Any, findings: Iterable[dict[str, Any]]) -> int:
        """Import findings in batches; return how many Security Hub took."""
        taken, refused = 0, Counter[str]()
        every = list(findings)
        for start in range(0, len(every), BATCH):
            accepted, codes = self._batch(client, every[start : start + BATCH])
            taken += accepted
            refused += codes
        for code, count in sorted(refused.items()):
            self.note(f"{count:,} {'finding' if count == 1 else 'findings'} refused: {code}")
        return taken

    def _batch(self, client: Any, batch: list[dict[str, Any]]) -> tuple[int, Counter[str]]:
        """Import a batch, and again what was refused for a passing reason; return how many were taken, and codes."""
        taken, refused = 0, Counter[str]()
        for attempt in range(TRIES):
            accepted, failed = _import(client, batch)
            taken += accepted
            last = attempt == TRIES - 1
            refused += Counter(code for code in failed.values() if last or code not in _PASSING)
            batch = [each for each in batch if failed.get(each["Id"]) in _PASSING]
            if not batch or last:
                break
            self._pause(_PAUSE * 2**attempt)
        return taken, refused


def _import(client: Any, batch: list[dict[str, Any]]) -> tuple[int, dict[str, str]]:
    """Make one call; return how many findings were taken, and the code of each that was not, by its id."""
    try:
        answer = client.batch_import_findings(Findings=batch)
    except _client_error() as error:
        return 0, {each["Id"]: _code(error) for each in batch}
    failed = {each["Id"]: str(each["ErrorCode"]) for each in answer.get("FailedFindings", ())}
    return int(answer.get("SuccessCount", 0)), failed


def _client_error() -> type[Exception]:
    from botocore.exceptions import ClientError

    return ClientError


def _expected() -> tuple[type[Exception], ...]:
    """Return what botocore raises for what AWS, the network or the credentials do; everything else is a bug."""
    from botocore.exceptions import BotoCoreError

    return (BotoCoreError, _client_error())


def _code(error: Exception) -> str:
    response: Any = getattr(error, "response", None)
    said = response.get("Error") if isinstance(response, dict) else None
    return str((said or {}).get("Code") or type(error).__name__)
