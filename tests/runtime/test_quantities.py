"""Memory and time as users write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clustrix_bundle.runtime.quantities import parse_memory, parse_time


@pytest.mark.parametrize(
    ("text", "size"),
    [("8GB", 8 << 30), ("512M", 512 << 20), ("1.5 TiB", 3 << 39), ("1024", 1024), (" 2gb ", 2 << 30), ("7B", 7), ("1kib", 1024)],
)
def test_amounts_of_memory(text: str, size: int) -> None:
    assert parse_memory(text) == size


@pytest.mark.parametrize("text", ["", "GB", "-1GB", "0", "8 gigs", "1e3", "8GBB", "0.0001", "8GB\n8GB"])
def test_what_is_no_amount_of_memory_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="amount of memory"):
        parse_memory(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 5400), ("2:30", 150), ("01:30:00", 5400), ("1-0", 86400), ("2-12:00", 216000), ("2-12:00:05", 216005)],
)
def test_time_limits_as_sbatch_reads_them(text: str, seconds: int) -> None:
    assert parse_time(text) == seconds


@pytest.mark.parametrize("text", ["", "0", "00:00:00", "1h", "1:2:3:4", "-5", "1.5", "1-2-3"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="time limit"):
        parse_time(text)


@given(st.integers(0, 99), st.integers(0, 23), st.integers(0, 59), st.integers(1, 59))
def test_days_hours_minutes_and_seconds_add_up(days: int, hours: int, minutes: int, seconds: int) -> None:
    assert parse_time(f"{days}-{hours:02}:{minutes:02}:{seconds:02}") == ((days * 24 + hours) * 60 + minutes) * 60 + seconds
