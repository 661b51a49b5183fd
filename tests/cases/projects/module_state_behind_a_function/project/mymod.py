X = 1
ITEMS = []
def setup(n):
    global X
    X = n
    ITEMS.append(n)
def get():
    return X
def items():
    return ITEMS
