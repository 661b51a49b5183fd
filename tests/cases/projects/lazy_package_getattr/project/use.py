import toolkit


def go():
    return [toolkit.fast(2), toolkit.Slow().v]
