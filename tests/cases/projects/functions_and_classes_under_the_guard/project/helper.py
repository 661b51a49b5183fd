def plus_one(x):
    return x + 1
