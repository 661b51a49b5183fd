class Pipeline:
    def __init__(self, stages):
        self.stages = [s if callable(s) else s.apply for s in stages]

    def __call__(self, x):
        for s in self.stages:
            x = s(x)
        return x
