class Slow:
    v = 9
