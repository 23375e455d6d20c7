from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.domain.working_days import working_days

DAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31))


def test_a_week_has_five_working_days() -> None:
    assert [day.day for day in working_days(date(2026, 6, 1), date(2026, 6, 7))] == [1, 2, 3, 4, 5]


def test_a_holiday_is_off_and_the_weekend_in_exchange_is_worked() -> None:
    # National Day of 2026 runs to the 7th; the 10th, a Saturday, is worked for it.
    off = [date(2026, 10, day) for day in range(1, 8)]
    found = list(working_days(date(2026, 9, 30), date(2026, 10, 10), off=off, worked=[date(2026, 10, 10)]))
    assert found == [date(2026, 9, 30), date(2026, 10, 8), date(2026, 10, 9), date(2026, 10, 10)]


def test_a_period_that_ends_before_it_begins_has_none() -> None:
    assert list(working_days(date(2026, 6, 2), date(2026, 6, 1))) == []


def test_no_day_is_off_and_worked() -> None:
    with pytest.raises(ValueError, match="both off and worked"):
        list(working_days(date(2026, 6, 1), date(2026, 6, 2), off=[date(2026, 6, 1)], worked=[date(2026, 6, 1)]))


@given(DAYS, st.integers(0, 40), st.sets(DAYS, max_size=5), st.sets(DAYS, max_size=5))
def test_days_add_up_over_parts_and_each_is_what_it_is_said_to_be(
    first: date, length: int, off: set[date], worked: set[date]
) -> None:
    worked -= off
    last = first + timedelta(days=length)
    whole = list(working_days(first, last, off=off, worked=worked))
    middle = first + timedelta(days=length // 2)
    parts = [(first, middle), (middle + timedelta(days=1), last)]
    assert whole == [day for part in parts for day in working_days(*part, off=off, worked=worked)]
    every = {first + timedelta(days=number) for number in range(length + 1)}
    assert set(whole) & off == set()
    assert every - set(whole) - off == {day for day in every - worked - off if day.weekday() > 4}
