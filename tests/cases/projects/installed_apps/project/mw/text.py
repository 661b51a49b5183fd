class Upper:
    def run(self, t):
        return t.upper()


class Count:
    def run(self, t):
        return len(t)
