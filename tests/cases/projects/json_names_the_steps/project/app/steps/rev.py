def apply(t):
    return t[::-1]
