import argparse
import json


def parser():
    p = argparse.ArgumentParser()
    p.add_argument("--config", default="conf/default.json")
    p.add_argument("--table", "-t", type=str, default="conf/table.csv")
    return p


def main(argv=None):
    args = parser().parse_args(argv or [])
    with open(args.config) as f:
        c = json.load(f)
    return [c, open(args.table).read().split()]


if __name__ == "__main__":
    print(main())
