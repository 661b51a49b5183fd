import os
class Stop:
    def __init__(self, lang):
        with open(os.path.join(os.path.dirname(__file__), "stop", lang + ".txt")) as f:
            self.words = set(f.read().split())
    def __call__(self, ws):
        return [w for w in ws if w not in self.words]
