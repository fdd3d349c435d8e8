"""Made flow logs of any size: default format, gzip text or Parquet, the same rows for the same size and seed.

200 interfaces of one VPC whose talkers follow a steep curve; 15 % of the records are rejected, six of seven of them
scanners from the Internet, half of these with an address seen once; the rest internal clients that an ACL or a group
blocks. 1.25 % NODATA or SKIPDATA. Like AWS, one object holds some minutes of all interfaces.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

ACCOUNT: Final = "111122223333"
REGION: Final = "eu-west-1"
FLOW_LOG: Final = "fl-0123456789abcdef0"
START: Final = 1_760_000_000
INTERFACES: Final = 200
RECORDS_PER_FILE: Final = 150_000

_ROWS: Final = """
WITH n AS (SELECT i, hash(i * 7 + 1) AS a, hash(i * 7 + 2) AS b, hash(i * 7 + 3) AS c, hash(i * 7 + 4) AS d,
                  hash(i * 7 + 5) AS e FROM range({first}, {last}) t(i)),
kinds AS (SELECT *, a % 10000 AS k, CAST(floor({interfaces} * pow((b % 100000) / 100000.0, 3)) AS INTEGER) AS eni,
                 CAST(floor(5000 * pow((c % 100000) / 100000.0, 3)) AS INTEGER) AS talker FROM n),
ends AS (SELECT *,
  '10.0.' || (eni // 50) || '.' || (eni % 50 + 10) AS own,
  CASE WHEN k < 640 THEN ((d >> 8) % 200 + 20) || '.' || ((d >> 16) % 256) || '.' || ((d >> 24) % 256)
            || '.' || ((d >> 32) % 256)
       WHEN k < 1270 THEN '45.' || (155 + talker % 2) || '.' || (talker % 256) || '.' || (talker // 256 + 1)
       WHEN k < 1480 THEN '10.1.' || (talker % 16) || '.' || (talker // 16 % 250 + 1)
       ELSE '10.' || (talker % 3) || '.' || (talker % 64) || '.' || (talker // 64 % 250 + 1) END AS peer,
  list_element([22, 23, 80, 443, 445, 1433, 3306, 3389, 5432, 5900, 6379, 8080, 8443, 9200, 27017],
               CAST(e % 15 AS INTEGER) + 1) AS known,
  list_element([443, 443, 443, 5432, 53, 8080, 6379, 80], CAST(e % 8 AS INTEGER) + 1) AS service,
  CAST(1024 + (e >> 8) % 64000 AS INTEGER) AS high
  FROM kinds)
SELECT 2 AS version, '{account}' AS account_id, printf('eni-%017x', eni + 1) AS interface_id,
  CASE WHEN k >= 9875 THEN '-' WHEN k < 1480 OR e % 2 = 0 THEN peer ELSE own END AS srcaddr,
  CASE WHEN k >= 9875 THEN '-' WHEN k < 1480 OR e % 2 = 0 THEN own ELSE peer END AS dstaddr,
  CASE WHEN k >= 9875 THEN '-' WHEN k < 1480 OR e % 4 < 2 THEN CAST(high AS VARCHAR)
       ELSE CAST(service AS VARCHAR) END AS srcport,
  CASE WHEN k >= 9875 THEN '-' WHEN k < 1270 THEN CAST(CASE WHEN d % 4 = 0 THEN high ELSE known END AS VARCHAR)
       WHEN k < 1480 OR e % 4 < 2 THEN CAST(service AS VARCHAR) ELSE CAST(high AS VARCHAR) END AS dstport,
  CASE WHEN k >= 9875 THEN '-' WHEN service = 53 AND k >= 1270 THEN '17' ELSE '6' END AS protocol,
  CASE WHEN k >= 9875 THEN '-' ELSE CAST(1 + c % 30 AS VARCHAR) END AS packets,
  CASE WHEN k >= 9875 THEN '-' ELSE CAST(40 + c % 40000 AS VARCHAR) END AS bytes,
  {start} + i // 2500 AS start, {start} + i // 2500 + 59 AS "end",
  CASE WHEN k >= 9875 THEN '-' WHEN k < 1480 THEN 'REJECT' ELSE 'ACCEPT' END AS action,
  CASE WHEN k >= 9950 THEN 'SKIPDATA' WHEN k >= 9875 THEN 'NODATA' ELSE 'OK' END AS log_status
FROM ends
"""


def make_logs(folder: Path, records: int, *, parquet: bool = False) -> list[Path]:
    """Write that many records below a folder in AWS's layout; files that are there are kept."""
    import duckdb

    made = []
    connection = duckdb.connect()
    for number, first in enumerate(range(0, records, RECORDS_PER_FILE)):
        last = min(first + RECORDS_PER_FILE, records)
        minute = f"{number // 60 % 24:02}{number % 60:02}"
        suffix = "log.parquet" if parquet else "log.gz"
        day = folder / "AWSLogs" / ACCOUNT / "vpcflowlogs" / REGION / "2025" / "10" / f"{9 + number // 1440:02}"
        name = (
            f"{ACCOUNT}_vpcflowlogs_{REGION}_{FLOW_LOG}_202510{9 + number // 1440:02}T{minute}Z_{number:08x}.{suffix}"
        )
        path = day / name
        made.append(path)
        if path.exists():
            continue
        day.mkdir(parents=True, exist_ok=True)
        rows = _ROWS.format(first=first, last=last, account=ACCOUNT, interfaces=INTERFACES, start=START)
        if parquet:
            connection.execute(f"COPY ({_typed(rows)}) TO '{path}' (FORMAT parquet, COMPRESSION gzip)")
            continue
        spelled = rows.replace("account_id", '"account-id"').replace("AS interface_id", 'AS "interface-id"').replace(
            "AS log_status", 'AS "log-status"'
        )  # fmt: skip
        connection.execute(
            f"COPY ({spelled}) TO '{path}' (FORMAT csv, DELIMITER ' ', HEADER, QUOTE '', ESCAPE '', COMPRESSION gzip)"
        )
    connection.close()
    return made


def _typed(rows: str) -> str:
    whole = ("srcport", "dstport", "protocol")
    large = ("packets", "bytes")
    columns = [f"TRY_CAST({name} AS INTEGER) AS {name}" for name in whole]
    columns += [f"TRY_CAST({name} AS BIGINT) AS {name}" for name in large]
    return f"SELECT * REPLACE ({', '.join(columns)}) FROM ({rows})"
