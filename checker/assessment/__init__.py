"""What a report says of a run beyond its findings. Pure functions from the network and the findings to rows."""

from checker.assessment.controls import NotRun, Verdicts, control_results
from checker.assessment.coverage import coverage_rows
from checker.assessment.defects import DEFECT_RULES
from checker.assessment.inventory import destination_rows, flow_log_rows
from checker.assessment.unexamined import unexamined_rows

__all__ = [
    "DEFECT_RULES",
    "NotRun",
    "Verdicts",
    "control_results",
    "coverage_rows",
    "destination_rows",
    "flow_log_rows",
    "unexamined_rows",
]
