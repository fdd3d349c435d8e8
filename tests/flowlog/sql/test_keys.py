"""Addresses as texts: in order, there and back, and the same in SQL as in Python."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address

import duckdb
import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st

from checker.flowlog.sql.keys import key_at, key_of, keys_sql, spelled
from checker.model.address import V6

NUMBERS = st.integers(0, 2**32 - 1) | st.integers(V6, V6 + 2**128 - 1)


@given(NUMBERS, NUMBERS)
def test_keys_stand_in_the_order_of_numbers(one: int, other: int) -> None:
    assert (key_at(one) < key_at(other)) == (one < other)


@given(NUMBERS)
def test_keys_tell_their_address(number: int) -> None:
    address = spelled(key_at(number))
    assert key_of(address) == key_at(number)
    assert ip_address(address).version == (4 if number < V6 else 6)


@pytest.fixture(scope="module")
def sql() -> duckdb.DuckDBPyConnection:
    wide, key = keys_sql("address")
    query = f"SELECT {key} AS k FROM (SELECT address, {wide} AS address_wide FROM addresses) widened"
    connection = duckdb.connect()
    connection.execute("CREATE TABLE addresses (address VARCHAR)")
    (translated,) = sqlglot.transpile(query, read="athena", write="duckdb")
    connection.execute(f"CREATE VIEW keys AS {translated}")
    return connection


def key_in_sql(sql: duckdb.DuckDBPyConnection, text: str) -> str | None:
    sql.execute("DELETE FROM addresses")
    sql.execute("INSERT INTO addresses VALUES (?)", [text])
    ((found,),) = sql.execute("SELECT k FROM keys").fetchall()
    return None if found is None else str(found)


GROUP = st.sampled_from(["0", "0", "0", "1", "ab", "FFFF", "0db8", "00"])
SPELLED = (
    NUMBERS.map(lambda number: spelled(key_at(number)))
    | st.lists(GROUP, min_size=8, max_size=8).map(":".join)
    | st.lists(GROUP, min_size=8, max_size=8).map(lambda groups: str(IPv6Address(":".join(groups))))
    | st.tuples(st.lists(GROUP, max_size=7), st.lists(GROUP, max_size=7))
    .filter(lambda sides: len(sides[0]) + len(sides[1]) <= 7)
    .map(lambda sides: f"{':'.join(sides[0])}::{':'.join(sides[1])}")
)


@given(SPELLED)
def test_sql_finds_the_key_of_every_spelling(sql: duckdb.DuckDBPyConnection, text: str) -> None:
    assert key_in_sql(sql, text) == key_of(text)


@pytest.mark.parametrize(
    "text",
    [
        "-", "", "10.0.0", "10.0.0.256", "10.0.0.1.1", "10.0.0.1 ", "01:23:45:67:89:ab", "1:2:3:4:5:6:7", ":::",
        "1::2::3", "1:2:3:4:5:6:7:8:9", "12345::", "g::", "1:2:3:4:5:6:7::8", "::1:2:3:4:5:6:7:8",
        ":1:2:3:4:5:6:7", "10.0.0.01",
    ],
)  # fmt: skip
def test_what_is_no_address_has_no_key(sql: duckdb.DuckDBPyConnection, text: str) -> None:
    assert key_in_sql(sql, text) is None
    with pytest.raises(ValueError, match="does not appear to be"):
        key_of(text)
