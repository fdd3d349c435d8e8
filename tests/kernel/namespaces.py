"""Network namespaces of Linux, from inside one process: a thread steps into one, opens sockets there, and steps out."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_LIBC: Final = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNET: Final = 0x40000000
_HERE: Final = "/proc/thread-self/ns/net"


@contextmanager
def inside(name: str) -> Iterator[None]:
    """Be in a namespace. Sockets that are opened in it stay in it."""
    home = os.open(_HERE, os.O_RDONLY)
    there = os.open(f"/run/netns/{name}", os.O_RDONLY)
    try:
        _enter(there)
        yield
    finally:
        _enter(home)
        os.close(there)
        os.close(home)


def _enter(descriptor: int) -> None:
    if _LIBC.setns(descriptor, _CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def ip(lines: Iterable[str], namespace: str | None = None) -> None:
    """Run commands of ``ip`` in one go."""
    where = ["-n", namespace] if namespace else []
    _run(["ip", *where, "-batch", "-"], "".join(f"{line}\n" for line in lines))


def nft(ruleset: str, namespace: str) -> None:
    """Load an nftables ruleset into a namespace."""
    with inside(namespace):
        _run(["nft", "-f", "-"], ruleset)


def _run(command: list[str], text: str) -> None:
    done = subprocess.run(command, input=text, text=True, capture_output=True, check=False, timeout=60)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr[:2000]}\n{text[:4000]}")


def setting(namespace: str, *, optional: bool = False, **values: str) -> None:
    """Write settings of a namespace; ``__`` stands for the slash in their names. Optional ones may not exist."""
    with inside(namespace):
        for name, value in values.items():
            path = Path("/proc/sys/net", *name.split("__"))
            if path.exists() or not optional:
                path.write_text(value)


@dataclass(frozen=True, slots=True)
class Lack:
    """Why the kernel cannot be asked here."""

    why: str
    repairable: bool
    """Whether an installation would help; else the machine is of another kind."""


def lack() -> Lack | None:
    """Return what is missing, or None when the kernel can be asked."""
    if not Path(_HERE).exists() or os.geteuid() != 0:
        return Lack("network namespaces need Linux and root", repairable=False)
    for tool in ("ip", "nft"):
        if shutil.which(tool) is None:
            return Lack(f"{tool} is not installed (apt-get install iproute2 nftables)", repairable=True)
    name = f"fc{os.getpid()}-probe"
    try:
        ip([f"netns add {name}"])
    except RuntimeError as error:
        return Lack(f"the machine makes no network namespaces: {error}", repairable=False)
    try:
        nft(_PROBE, name)
    except (RuntimeError, OSError) as error:
        return Lack(f"the kernel lacks a part of nftables: {error}", repairable=False)
    finally:
        ip([f"netns del {name}"])
    return None


_PROBE: Final = """
table inet probe {
  chain in { type filter hook input priority 0; ct state established accept; log prefix "x" group 7 accept; }
}
"""
