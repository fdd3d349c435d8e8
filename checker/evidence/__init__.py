"""WHAT CAN BE SHOWN LATER: a folder of files with a manifest of their hashes, signed or not, and its verification.

May import ``model`` and ``errors``. What goes into a bundle is decided by ``checker.bundling``.
"""

from checker.evidence.bundle import Source, write_bundle
from checker.evidence.verify import Verified, verify_bundle

__all__ = ["Source", "Verified", "verify_bundle", "write_bundle"]
