"""Flow logs in CloudWatch Logs: one stream for each network interface, and no header anywhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import batched
from pathlib import Path
from typing import Any, Final

from checker.errors import InputError, UsageError
from checker.flowlog.formats import formats_for
from checker.flowlog.names import EARLY
from checker.flowlog.part import Encoding, FormatHints, Part, Window
from checker.flowlog.seen import Seen
from checker.flowlog.sorting import Sorter
from checker.flowlog.sources.refusal import code_of, expected, explained
from checker.model.finding import Gap
from checker.model.loaded import Input
from checker.model.record import replace
