"""Amounts of memory and time as users write them for schedulers: "8GB", "01:30:00"."""

import re

_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40, "P": 2**50}
_MEMORY = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGTP]?)(?:i?B)?", re.IGNORECASE)
_TIME = re.compile(r"(?:(\d+)-)?(\d+)(?::(\d+))?(?::(\d+))?")


def parse_memory(text):
    """Bytes meant by "8GB", "512M", "1.5 TiB" or "1024": powers of 1024, as schedulers count.

    Raises:
        ValueError: It is no amount of memory, or none at all.
    """
    match = _MEMORY.fullmatch(text.strip())
    size = int(float(match.group(1)) * _UNITS[match.group(2).upper()]) if match else 0
    if size <= 0:
        raise ValueError("{!r} is no amount of memory: write it like 8GB or 512MB".format(text))
    return size


def parse_time(text):
    """Seconds meant by "90" (minutes), "mm:ss", "hh:mm:ss", "d-hh", "d-hh:mm" or "d-hh:mm:ss", as sbatch(1) reads --time.

    Raises:
        ValueError: It is no time, or none at all.
    """
    match = _TIME.fullmatch(text.strip())
    if match:
        days, first, second, third = [None if part is None else int(part) for part in match.groups()]
        if days is None and third is None:  # minutes, or minutes and seconds
            days, first, second, third = 0, 0, first, second
        seconds = (((days or 0) * 24 + (first or 0)) * 60 + (second or 0)) * 60 + (third or 0)
        if seconds:
            return seconds
    raise ValueError("{!r} is no time limit: write it like 01:30:00 or 2-12:00:00".format(text))
