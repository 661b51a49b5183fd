class Large:
    def f(self):
        return 0
