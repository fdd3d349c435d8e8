"""Made-up logs: records, files of any wrapping, and what a source makes of them."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from checker.flowlog.part import Encoding, FormatHints, LogSource, Part, Window
from checker.flowlog.recover import recover
from checker.flowlog.sources.files import Files
from checker.model.finding import Gap
from checker.model.log_format import DEFAULT_FIELDS

HEADER = " ".join(DEFAULT_FIELDS)
V5 = ("version", "interface-id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol", "start", "end", "action",
      "log-status", "flow-direction", "tcp-flags")  # fmt: skip
V5_HEADER = " ".join(V5)
NAME = "123456789012_vpcflowlogs_eu-west-1_fl-0a1b2c3d4e5f60718_20261121T1005Z_1a2b3c4d.log.gz"


def v2(number: int = 0, *, action: str = "REJECT", interface: str = "eni-0a1b2c3d") -> str:
    return (
        f"2 123456789012 {interface} 10.0.0.{number % 256} 10.0.1.9 {40000 + number % 20000} 443 6 3 180 "
        f"1795255200 1795255260 {action} OK"
    )


def v5(number: int = 0) -> str:
    return (
        f"5 eni-0a1b2c3d 10.0.0.{number % 256} 10.0.1.9 {40000 + number % 20000} 22 6 1795255200 1795255260 REJECT OK "
        "ingress 2"
    )


def text(*lines: str) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def packed(*lines: str) -> bytes:
    return gzip.compress(text(*lines), mtime=0)


def hints(
    option: Iterable[str] | None = None,
    by_flow_log: dict[str, tuple[str, ...]] | None = None,
    by_log_group: dict[str, tuple[str, ...]] | None = None,
    of_vpc: dict[str, frozenset[str]] | None = None,
) -> FormatHints:
    return FormatHints(
        option=tuple(option) if option else None,
        by_flow_log=(by_flow_log or {}).get,
        by_log_group=(by_log_group or {}).get,
        interfaces_of_vpc=lambda vpc: (of_vpc or {}).get(vpc, frozenset()),
    )


@dataclass
class Got:
    """What a source gave: parts, with the lines of those that are text, and gaps."""

    parts: list[Part]
    lines: list[list[str]]
    gaps: list[Gap]

    @property
    def part(self) -> Part:
        assert len(self.parts) == 1, (self.parts, self.gaps)
        return self.parts[0]

    @property
    def causes(self) -> list[str]:
        return [gap.cause for gap in self.gaps]

    @property
    def records(self) -> list[str]:
        return [line for lines in self.lines for line in lines]


def lines_of(part: Part) -> list[str]:
    """Return the records of a text part, as the engine would read them."""
    if part.encoding is Encoding.PARQUET:
        return []
    stored = part.path.read_bytes()
    try:
        content = gzip.decompress(stored) if part.encoding is Encoding.GZIP else stored
    except (EOFError, OSError):
        return []
    return [line for line in content.decode("utf-8-sig", "replace").splitlines()[part.header_lines :] if line]


def got(source: LogSource, scratch: Path, window: Window | None = None, given: FormatHints | None = None) -> Got:
    """Read a source as the engine does: take a part, read it, delete it if it is temporary."""
    scratch.mkdir(exist_ok=True)
    found = Got([], [], [])
    for part in source.parts(window or Window(), given or FormatHints(), scratch, found.gaps):
        found.parts.append(part)
        found.lines.append(lines_of(part))
        if part.temporary:
            part.path.unlink()
    assert list(scratch.iterdir()) == [], "temporary files are left"
    return found


def got_file(tmp_path: Path, content: bytes, name: str = "flow.log", given: FormatHints | None = None) -> Got:
    """Write one file and read it."""
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return got(Files(path), tmp_path / "scratch", given=given)


def recovered(part: Part, scratch: Path, use: Callable[[Part], None] = lambda _part: None) -> Got:
    """Read a part the careful way."""
    scratch.mkdir(exist_ok=True)
    found = Got([], [], [])
    for clean in recover(part, scratch, found.gaps):
        use(clean)
        found.parts.append(clean)
        found.lines.append(lines_of(clean))
        clean.path.unlink()
    assert list(scratch.iterdir()) == []
    return found
