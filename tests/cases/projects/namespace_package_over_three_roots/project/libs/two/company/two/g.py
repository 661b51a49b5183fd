def g(x):
    return x * 10
