import sys, os
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "lib"))
from pipeline import Pipeline
from stages import tokenise, stem, stop

PIPE = Pipeline([tokenise, stop.Stop("en"), stem])


def main(text):
    return PIPE(text)


if __name__ == "__main__":
    print(main(" ".join(sys.argv[1:])))
