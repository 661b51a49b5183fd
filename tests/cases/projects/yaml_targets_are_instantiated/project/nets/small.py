class Small:
    def __init__(self, n):
        self.n = n

    def f(self):
        return self.n
