"""Terraform for a Glue table that Athena reads a flow log through, with partition projection."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from checker.model.entity import Entity
from checker.model.finding import Remediation
from checker.model.flow_log import FlowLog
from checker.model.known import Unknown
from checker.model.record import dataclass
from checker.rules._fix import address_of, label, place, reference
from checker.rules._table_columns import PARQUET, column_of, type_of

_HIVE_TEXT: Final = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
_TEXT: Final = ("org.apache.hadoop.mapred.TextInputFormat", _HIVE_TEXT)
_IO: Final = "org.apache.hadoop.hive.ql.io.parquet"
_PARQUET: Final = (f"{_IO}.MapredParquetInputFormat", f"{_IO}.MapredParquetOutputFormat")
LAZY_SERDE: Final = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
PARQUET_SERDE: Final = f"{_IO}.serde.ParquetHiveSerDe"


@dataclass(frozen=True, slots=True)
class Projection:
    """Partition keys, the folders they stand for, and the parameters that compute them."""

    keys: tuple[tuple[str, str], ...]
    folders: str
    """Below ``vpcflowlogs``, with ``${key}`` for the value of a key."""
    parameters: dict[str, str]


def projection_of(log: FlowLog, region: str) -> Projection:
    """Return the partitions of a log's layout: region and day, and the hour where it has one."""
    hive = log.hive_compatible_partitions is True
    hourly = log.per_hour_partition is True
    found = {"projection.enabled": "true", "projection.log_region.type": "enum", "projection.log_region.values": region}
    if not hive:
        unit = "yyyy/MM/dd/HH" if hourly else "yyyy/MM/dd"
        found |= {
            "projection.day.type": "date",
            "projection.day.format": unit,
            "projection.day.range": "2024/01/01/00,NOW" if hourly else "2024/01/01,NOW",
            "projection.day.interval": "1",
            "projection.day.interval.unit": "HOURS" if hourly else "DAYS",
        }
        return Projection((("log_region", "string"), ("day", "string")), "${log_region}/${day}", found)
    numbers = {"year": "2024,2050", "month": "1,12", "day": "1,31"} | ({"hour": "0,23"} if hourly else {})
    for key, limits in numbers.items():
        found[f"projection.{key}.type"] = "integer"
        found[f"projection.{key}.range"] = limits
        found[f"projection.{key}.digits"] = "4" if key == "year" else "2"
    keys = (("log_region", "string"), *((key, "string") for key in numbers))
    folders = "/".join(["aws-region=${log_region}", *(f"{key}=${{{key}}}" for key in numbers)])
    return Projection(keys, folders, found)


def table_block(log: FlowLog, bucket: Entity | None, fields: Sequence[str]) -> Remediation:
    """Return a Glue database and a table over a log's objects."""
    name = f"{label(log)}_records".replace("-", "_").lower()
    region = log.region if isinstance(log.region, str) else "us-east-1"
    projection = projection_of(log, region)
    root = _root(log, bucket, name)
    parquet = not isinstance(log.file_format, Unknown) and log.file_format == PARQUET
    parameters = {**({} if parquet else {"skip.header.line.count": "1"}), **projection.parameters}
    template = f"{root}/{projection.folders.replace('${', '$${')}"
    rows = [(f'"{key}"', json.dumps(value)) for key, value in parameters.items()]
    rows.append(('"storage.location.template"', f'"{template}"'))
    width = max(len(key) for key, _ in rows)
    inner = "\n".join(f"    {key.ljust(width)} = {value}" for key, value in rows)
    keys = "".join(_block("partition_keys", key, type_, "  ") for key, type_ in projection.keys)
    columns = "".join(_block("columns", column_of(field), type_of(field), "    ") for field in fields)
    reads, writes = _PARQUET if parquet else _TEXT
    text = f"""{place(log)}data "aws_caller_identity" "{name}" {{}}

resource "aws_glue_catalog_database" "{name}" {{
  name = "{name}"
}}

resource "aws_glue_catalog_table" "{name}" {{
  name          = "{name}"
  database_name = aws_glue_catalog_database.{name}.name
  table_type    = "EXTERNAL_TABLE"

  parameters = {{
{inner}
  }}
{keys}
  storage_descriptor {{
    location      = "{root}/"
    input_format  = "{reads}"
    output_format = "{writes}"

    ser_de_info {{
      serialization_library = "{PARQUET_SERDE if parquet else LAZY_SERDE}"
{"" if parquet else _SPACE}    }}
{columns}  }}
}}
"""
    return Remediation(summary="Add a table with the columns and partitions of this log.", terraform=text)


_SPACE: Final = """      parameters = {
        "field.delim" = " "
      }
"""


def _block(kind: str, name: str, type_: str, indent: str) -> str:
    return f'\n{indent}{kind} {{\n{indent}  name = "{name}"\n{indent}  type = "{type_}"\n{indent}}}\n'


def _root(log: FlowLog, bucket: Entity | None, name: str) -> str:
    """Return the folder above the regions, as the inside of a quoted text."""
    destination = log.destination
    folder = None if isinstance(destination, Unknown) else destination.prefix
    where = f"s3://{_bucket(log, bucket)}"
    where += f"/{folder}" if isinstance(folder, str) else ""
    account = f"${{data.aws_caller_identity.{name}.account_id}}"
    if log.hive_compatible_partitions is True:
        return f"{where}/AWSLogs/aws-account-id={account}/aws-service=vpcflowlogs"
    return f"{where}/AWSLogs/{account}/vpcflowlogs"


def _bucket(log: FlowLog, bucket: Entity | None) -> str:
    here, there = address_of(log), None if bucket is None else address_of(bucket)
    if bucket is not None and here is not None and there is not None and here.module == there.module:
        return f"${{{reference(bucket, 'id')}}}"
    destination = log.destination
    known = None if isinstance(destination, Unknown) else destination.name
    return known if isinstance(known, str) else "NAME-OF-THE-BUCKET"


def workgroup_block(results: str = "s3://NAME-OF-THE-RESULT-BUCKET/athena/") -> Remediation:
    """Return an Athena workgroup with a place for results."""
    text = f"""resource "aws_athena_workgroup" "flow_logs" {{
  name = "flow-logs"

  configuration {{
    bytes_scanned_cutoff_per_query = 1099511627776

    result_configuration {{
      output_location = "{results}"
    }}
  }}
}}
"""
    return Remediation(summary="Add a workgroup with a place for the results.", terraform=text)
