"""moto for the sources that ask AWS."""

from __future__ import annotations

from tests.support.conftest import moto, moto_process, proxy

__all__ = ["moto", "moto_process", "proxy"]
