"""Return levels of river gauges: how high does the water stand once in n years?"""

from .gauges import read_gauge
from .risk import return_level

__all__ = ["read_gauge", "return_level"]
