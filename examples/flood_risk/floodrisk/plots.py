"""Figures for the report; needs matplotlib, which no analysis does."""

import matplotlib.pyplot as plt


def draw(levels):
    plt.plot(levels)
    plt.savefig("reports/levels.png")
