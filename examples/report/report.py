"""A package whose one dependency the cluster's Python lacks: a virtual environment is built there, once.

    python report.py            # a job of this machine
    python report.py hpc        # one of the profile hpc in clustrix.toml

The bundle pins rich and what it needs at the versions that are installed here; ``environment="venv"`` has them installed there, from its index or,
where none can be reached, from wheels made of what is installed here. The next job with the same pins finds the environment.
"""

import sys

from rainreport.tables import draw

from clustrix_bundle import cluster, configure


@cluster(environment="venv")
def report(rows):
    """The table, and where its parts came from."""
    import rich

    return draw(rows), rich.__file__


if __name__ == "__main__":
    if len(sys.argv) > 1:
        configure(profile=sys.argv[1])
    table, origin = report.submit([("January", 41.5), ("February", 28.25)]).result()
    print(table)
    print("rich came from", origin)
