"""A sweep over two parameters: every pair is a task of one job.

python sweep.py                          # processes of this machine
python sweep.py --profile hpc --grid 30  # 900 tasks of the profile hpc in clustrix.toml
"""

import argparse
import itertools
import json

from predators import simulate

from clustrix_bundle import ClusterExecutor, load_profile


def steps(first, last, count):
    return [first + (last - first) * number / (count - 1) for number in range(count)]


def main(profile, grid):
    pairs = list(itertools.product(steps(0.4, 1.2, grid), steps(0.05, 0.2, grid)))
    with ClusterExecutor(load_profile(profile), time="00:05:00") as cluster:
        rows = list(cluster.map(simulate, *zip(*pairs, strict=True)))
    return max(rows, key=lambda row: row["most"])


if __name__ == "__main__":
    options = argparse.ArgumentParser(description="Where do the prey multiply most?")
    options.add_argument("--profile", help="of clustrix.toml; by default its default, or this machine")
    options.add_argument("--grid", type=int, default=3, help="values of each parameter")
    print(json.dumps(main(**vars(options.parse_args()))))
