def apply(t):
    return t.lower()
