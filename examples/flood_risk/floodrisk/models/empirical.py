"""No distribution at all: order statistics."""


def quantile(values, probability):
    ranked = sorted(values)
    position = probability * (len(ranked) - 1)
    low = int(position)
    high = min(low + 1, len(ranked) - 1)
    return ranked[low] + (position - low) * (ranked[high] - ranked[low])
