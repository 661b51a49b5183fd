import argparse
import json
import os

from places import Place
from ship import ship

ROOT = os.getenv("NO_SUCH_ROOT") or os.path.dirname(os.path.abspath(__file__))
DATA = os.environ.get("NO_SUCH_DATA", "data")
parser = argparse.ArgumentParser()
parser.add_argument("--runs", default="runs")
options = parser.parse_args([])
place = Place(os.environ.get("NO_SUCH_PLACE", "places_of"))
config = {"deep": os.environ.get("NO_SUCH_FOLDER", "deep")}


def listings():
    return [sorted(os.listdir(folder)) for folder in (os.path.join(ROOT, DATA), options.runs, config["deep"])] + [place.names()]


if __name__ == "__main__":
    print(json.dumps(ship(listings)))
