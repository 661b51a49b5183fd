class Model:
    rate = 1
    def go(self):
        return self.rate
