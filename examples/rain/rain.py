"""How much it rained: on a few months here while this is written, then on the whole archive where it lies.

    python rain.py                # here, on the sample in archive/
    python rain.py production     # on the cluster, on its own archive/

One job, whose tasks are the months, reads the tables on the cluster; none of them is copied to or fro.
"""

import csv
import json
import sys

from clustrix_bundle import ClusterConfig, ClusterExecutor, cluster_du, cluster_exists, cluster_find, cluster_stat

CONFIGURATIONS = {
    "development": ClusterConfig(cluster_type="local", local_work_dir="."),
    "production": ClusterConfig(
        cluster_type="slurm",
        cluster_host="login.example.org",
        remote_work_dir="/scratch/rain",
        default_cores=1,
    ),
}


def wettest_day(month):
    """The day with the most rain of a month, and the month's total.

    A folder that a cluster_* call here names is the cluster's: the sample does not travel, and open() finds the cluster's tables.
    """
    if cluster_stat(f"archive/{month}").size == 0:
        return {"month": month, "day": 0, "mm": 0.0, "total": 0.0}
    with open(f"archive/{month}", newline="") as table:
        rows = [(float(row["mm"]), int(row["day"])) for row in csv.DictReader(table)]
    mm, day = max(rows)
    return {"month": month, "day": day, "mm": mm, "total": round(sum(amount for amount, _ in rows), 1)}


def main(name):
    config = CONFIGURATIONS[name]
    if not cluster_exists("archive", config):
        sys.exit(f"there is no archive/ in the work dir of {name}")
    usage = cluster_du("archive", config)
    months = cluster_find("*.csv", "archive", config)
    print(f"{len(months)} months in {usage.file_count} files of {usage.total_mb:.1f} MB", file=sys.stderr)
    with ClusterExecutor(config) as cluster:
        rows = list(cluster.map(wettest_day, months))
    return {
        "months": len(rows),
        "total": round(sum(row["total"] for row in rows), 1),
        "wettest": max(rows, key=lambda row: row["mm"]),
    }


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1] if len(sys.argv) > 1 else "development")))
