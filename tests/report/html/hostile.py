"""A report in which every text that an input may bring is an attack on the page."""

from dataclasses import replace
from datetime import date

from checker.model.assessment import UnexaminedRow, WaiverRow
from checker.model.finding import Evidence, Gap, Remediation, Report, Resource, Status, WaiverRef
from tests.report.html import made

ATTACKS = (
    "<script>window.pwned=1</script>",
    "</script><script>window.pwned=1</script>",
    "<!--<script>",
    "]]><img src=x onerror='window.pwned=1'>",
    '" onmouseover="window.pwned=1" style="position:fixed;inset:0',
    "' autofocus onfocus='window.pwned=1",
    "javascript:window.pwned=1",
    "<iframe srcdoc='<script>parent.pwned=1</script>'>",
    "</style><style>*{display:none}</style>",
    "</textarea></title></table></main></section><h1>Compliant</h1>",
    "\u202egnitirw thgir ot tfel\u202c \u2066hidden\u2069 \u200bwithout\u200bwidth",
    "\x1b[31mred\x1b[0m\x00\x07\r\nnext line\u2028and\u2029more",
    "W" * 3_000,
    "&lt;b&gt; &amp;amp; &#x3c;script&#x3e;",
    "\ud800 half a pair",
    "{{7*7}} ${7*7} <%= 7*7 %> =cmd|' /C calc'!A0",
)


def hostile_report() -> Report:
    """Return the report."""
    attacked = tuple(_finding(at, text) for at, text in enumerate(ATTACKS))
    base = made.report()
    texts = iter(ATTACKS * 99)
    assert base.assessment is not None
    assessment = replace(
        base.assessment,
        coverage=tuple(replace(row, name=next(texts), dark=(next(texts),), account=next(texts), region=next(texts),
                               defects=tuple(replace(each, message=next(texts), finding=next(texts))
                                             for each in row.defects))
                       for row in base.assessment.coverage),
        unexamined=tuple(UnexaminedRow(account=(text, None)[at % 2], region=(text, None)[at % 3 > 0], root=text,
                                       cause=text) for at, text in enumerate(ATTACKS)),
        waivers=tuple(WaiverRow(source=text, rules=(text,), scope=text, reason=text, owner=text, until=None,
                                state=("in-use", "expired", "unused")[at % 3], count=1, findings=(text,))
                      for at, text in enumerate(ATTACKS)),
        flow_logs=tuple(replace(base.assessment.flow_logs[0], id=text, subject=text, destination=text, status=text)
                        for text in ATTACKS),
        destinations=tuple(replace(base.assessment.destinations[0], id=text, notes=(text,)) for text in ATTACKS),
        controls=tuple(replace(each, demand=next(texts), reason=next(texts), source=next(texts), failing=(next(texts),))
                       for each in base.assessment.controls),
    )  # fmt: skip
    line = made.diagnosis().rule
    assert line is not None
    return replace(
        base,
        findings=attacked,
        gaps=tuple(Gap(what=text, cause=text, affects=text) for text in ATTACKS),
        notes=(*ATTACKS, *(f"waiver {text}" for text in ATTACKS)),
        run=replace(base.run, command=ATTACKS[1], inputs=tuple({"kind": text, "path": text, "sha256": text, text: text}
                                                             for text in ATTACKS),
                    policy={text: text for text in ATTACKS} | {"name": ATTACKS[1], "source": ATTACKS[1]}),
        diagnoses=tuple(
            made.diagnosis(at + 1, interface_id=text, local=text, says=text, evidence=(text,), assumptions=(text,),
                           rule=replace(line, id=text, says=text), remediation=Remediation(summary=text, cli=text))
            for at, text in enumerate(ATTACKS)
        ),
        assessment=assessment,
        tool_version=ATTACKS[4],
    )  # fmt: skip


def _finding(at: int, text: str) -> made.Finding:
    rule = made.RuleInfo(id=f"FL{at:03d}", name=text, title=text, severity=made.RULES[0].severity, why=text,
                         help_markdown=text)  # fmt: skip
    subject = Resource(type=text, address=text, arn=text, id=text, account=text, region=text, root=text)
    status = (Status.FAIL, Status.UNKNOWN, Status.WAIVED)[at % 3]
    waiver = (
        WaiverRef(source=text, reason=text, owner=text, until=date(2026, 3, 1)) if status is Status.WAIVED else None
    )
    return made.finding(rule, subject, status, message=text, evidence=(Evidence(statement=text),), waiver=waiver,
                        remediation=Remediation(summary=text, terraform=text, cli=text), id=f"{at}:{text}",
                        controls=(made.Control(framework=text, version=text, id=text),))  # fmt: skip
