"""Everything that is prepared at top level before the study runs, as scripts do it."""

import csv
import itertools
import json
import os
import random
import threading
from contextlib import redirect_stdout
from decimal import Decimal, getcontext
from io import StringIO
from pathlib import Path

HERE = Path(__file__).parent
ROWS = []
DONE = []
CALLS = []


def settings():
    os.environ["STUDY_LEVEL"] = "3"
    getcontext().prec = 12
    random.seed(4)


def write_parameters(path=HERE / "parameters.json"):
    with open(path, "w") as stream:
        json.dump({"rate": 0.5}, stream)


def remember(row, into=ROWS):
    into.append(row)


def counted(function):
    def inner(*args):
        CALLS.append(function.__name__)
        return function(*args)

    return inner


@counted
def warm_up(x):
    return x


class Stage:
    def __init__(self, name):
        self.name = name
        self.next = []

    def __rshift__(self, other):
        self.next.append(other)
        return other


settings()
write_parameters()
Path("limits.txt").write_text("7")
lines = csv.reader(["a,b", "1,2", "3,4"])
header = next(lines)
for line in lines:
    remember(line)
    break
numbers = itertools.count(10)
list(itertools.islice(numbers, 3))
worker = threading.Thread(target=lambda: None)
worker.start()
thread = threading.Thread(target=DONE.append, args=("thread",))
thread.start()
thread.join()
warm_up(1)
load, fit = Stage("load"), Stage("fit")
load >> fit >> Stage("report")
said = StringIO()
with redirect_stdout(said):
    print("prepared", len(ROWS))


def study():
    parameters = json.loads((HERE / "parameters.json").read_text())
    return {
        "environment": os.environ.get("STUDY_LEVEL"),
        "decimal": str(Decimal(1) / 7),
        "random": random.random(),
        "rate": parameters["rate"],
        "limit": int(Path("limits.txt").read_text()),
        "rows": [header, ROWS, list(lines)],
        "next": next(numbers),
        "done": DONE,
        "calls": CALLS,
        "stages": [stage.name for stage in (load, *load.next, *fit.next)],
        "said": said.getvalue(),
    }


print("nothing of this is needed:", ROWS, file=open(os.devnull, "w"))
if __name__ == "__main__":
    print(study())
