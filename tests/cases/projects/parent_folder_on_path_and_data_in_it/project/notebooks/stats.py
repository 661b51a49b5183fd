import sys
sys.path.append("..")
from lib import util


def run():
    return util.read("../data/x.csv")
