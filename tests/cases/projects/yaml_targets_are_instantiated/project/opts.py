class SGD:
    def __init__(self, lr):
        self.lr = lr

    def f(self):
        return self.lr
