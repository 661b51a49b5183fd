"""Running medians: needs sortedcontainers, which the cluster's Python lacks."""

from sortedcontainers import SortedList


def running_median(levels, width):
    """The median of each window of so many levels (an odd number)."""
    window = SortedList(levels[:width])
    medians = [window[width // 2]]
    for gone, new in zip(levels, levels[width:], strict=False):
        window.remove(gone)
        window.add(new)
        medians.append(window[width // 2])
    return medians
