"""Return levels by a model that is chosen by name."""

from importlib import import_module

from .gauges import read_gauge


def return_level(gauge, years, model="gumbel"):
    """Level in metres that the gauge reaches once in `years` years on average."""
    module = import_module(f"floodrisk.models.{model}")
    return round(module.quantile(read_gauge(gauge), 1 - 1 / years), 3)


def compare(gauge, years):
    """The same by every model that the study uses."""
    return {model: return_level(gauge, years, model) for model in ("gumbel", "empirical")}
