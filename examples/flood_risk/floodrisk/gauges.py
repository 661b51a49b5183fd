"""Yearly maxima of a gauge, read from the tables beside this module."""

import csv
from pathlib import Path

DATA = Path(__file__).parent / "data"


def known_gauges():
    """Names of gauges with their files, as the index lists them."""
    with (DATA / "index.csv").open(newline="") as table:
        return {row["gauge"]: row["file"] for row in csv.DictReader(table)}


def read_gauge(name):
    """Yearly maxima of one gauge, in metres."""
    path = DATA / "stations" / known_gauges()[name]
    with path.open(newline="") as table:
        return [float(row["level_m"]) for row in csv.DictReader(table)]
