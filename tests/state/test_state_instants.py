"""Instants in the state database: a point in time, whatever the zone it was written in."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Engine, MetaData, Table, create_engine, insert, literal, select
from sqlalchemy.exc import StatementError

from dagster_project.state.tables import Instant

NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)
moments = Table("moments", MetaData(), Column("at", Instant))


@pytest.fixture(scope="module")
def in_memory() -> Engine:
    made = create_engine("sqlite://")
    moments.metadata.create_all(made)
    return made


def kept(engine: Engine, instant: datetime | None) -> datetime | None:
    with engine.connect() as connection:
        connection.execute(insert(moments).values(at=instant))
        ((found,),) = connection.execute(select(moments.c.at))
    return found


@given(st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=st.timezones()))
def test_an_instant_comes_back_as_the_same_instant_in_utc(in_memory: Engine, instant: datetime):
    found = kept(in_memory, instant)
    assert found == instant.astimezone(UTC)
    assert found.tzinfo is UTC


@pytest.mark.parametrize("hours", [-11, 0, 5.5, 14])
def test_the_zone_it_was_written_in_does_not_matter(in_memory: Engine, hours: float):
    assert kept(in_memory, NINE.astimezone(timezone(timedelta(hours=hours)))) == NINE


def test_an_instant_without_a_zone_is_refused_because_nobody_knows_when_it_was(in_memory: Engine):
    with pytest.raises(StatementError, match=r"datetime\.datetime\(2026, 11, 20, 9, 0\) has no zone"):
        kept(in_memory, NINE.replace(tzinfo=None))


def test_nothing_can_be_compared_with_an_instant_without_a_zone(in_memory: Engine):
    with (
        in_memory.connect() as connection,
        pytest.raises(StatementError, match="has no zone"),
    ):
        connection.execute(select(moments).where(moments.c.at <= NINE.replace(tzinfo=None)))


def test_no_instant_stays_none(in_memory: Engine):
    assert kept(in_memory, None) is None


def test_instants_are_ordered_as_time_and_not_as_they_are_written(in_memory: Engine):
    later_but_a_smaller_hour = datetime(2026, 11, 20, 2, tzinfo=timezone(timedelta(hours=-9)))
    with in_memory.connect() as connection:
        is_later = select(literal(NINE, Instant) < literal(later_but_a_smaller_hour, Instant))
        assert connection.execute(is_later).scalar()
