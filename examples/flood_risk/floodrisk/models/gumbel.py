"""Gumbel's distribution, fitted by moments."""

import math

from ..moments import deviation, mean

EULER = 0.5772156649015329


def quantile(values, probability):
    scale = deviation(values) * math.sqrt(6) / math.pi
    return mean(values) - EULER * scale - scale * math.log(-math.log(probability))
