"""Distributions of extremes: each module here offers ``quantile(values, probability)``."""
