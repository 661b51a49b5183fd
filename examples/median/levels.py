"""A package whose one dependency the cluster's Python lacks: a virtual environment is built there, once.

    python levels.py            # a job of this machine
    python levels.py hpc        # one of the profile hpc in clustrix.toml

The bundle pins sortedcontainers at the version that is installed here; ``environment="venv"`` has it installed there, from its index or, where
none can be reached, from a wheel made of what is installed here. The next job with the same pins finds the environment.
"""

import sys

import sortedcontainers
from river.running import running_median

from clustrix_bundle import cluster, configure

LEVELS = [3.1, 3.0, 9.9, 3.2, 3.4, 3.3, 0.0, 3.6]  # metres, two of them a broken gauge's


@cluster(environment="venv")
def smooth(width):
    """The levels without outliers, and where the package came from."""
    return running_median(LEVELS, width), sortedcontainers.__file__


if __name__ == "__main__":
    if len(sys.argv) > 1:
        configure(profile=sys.argv[1])
    levels, origin = smooth.submit(3).result()
    print(levels)
    print("sortedcontainers came from", origin)
