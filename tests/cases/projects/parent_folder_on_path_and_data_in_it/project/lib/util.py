def read(p):
    with open(p) as f:
        return f.read().split()
