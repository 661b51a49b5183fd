X = 1
CONFIG = {'a': 1}
def get():
    return X
