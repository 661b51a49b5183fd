"""Looks through a folder of measurements: on the laptop's sample while it is written, then on the cluster's real one.

    python survey.py laptop
    python survey.py cluster

The two are profiles in clustrix.toml; nothing else changes.
"""

import json
import sys

from clustrix_bundle import (
    cluster,
    cluster_count_files,
    cluster_du,
    cluster_exists,
    cluster_find,
    cluster_glob,
    cluster_isfile,
    cluster_ls,
    cluster_stat,
    load_profile,
)

FOLDER = "measurements"


def describe(name, config):
    """Name and size of one file, if it is there."""
    path = f"{FOLDER}/{name}"
    if not cluster_exists(path, config):
        return {"name": name, "missing": True}
    return {"name": name, "bytes": cluster_stat(path, config).size, "folder": cluster_stat(path, config).is_dir}


@cluster(cores=1)
def survey(config):
    """What the folder holds."""
    rows = [describe(name, config) for name in cluster_ls(FOLDER, config)]
    rows.append(describe("calibration.txt", config))
    return {
        "rows": rows,
        "tables": cluster_find("*.csv", FOLDER, config),
        "notes": [name for name in cluster_glob("**/*.json", FOLDER, config) if cluster_isfile(f"{FOLDER}/{name}", config)],
        "bytes": cluster_du(FOLDER, config).total_bytes,
        "files": cluster_count_files(FOLDER, "*", config),
    }


if __name__ == "__main__":
    print(json.dumps(survey(load_profile(sys.argv[1]))))
