#!/bin/sh
# Bundle one function of examples/flood_risk, then run it in a clean process that cannot see the project.
# Usage: demo.sh PYTHON, an interpreter in which clustrix-bundle is installed.
set -eu
python=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT INT TERM
PYTHONSAFEPATH=1
export PYTHONSAFEPATH

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
tool() { "$python" -m clustrix_bundle "$@"; }

cp -R "$here/flood_risk" "$scratch/project"
printf 'GAUGE_API_TOKEN=made-up-for-the-demo\n' > "$scratch/project/.env"
mkdir "$scratch/out" "$scratch/cluster"

say "1. Build: floodrisk.risk:compare, from a project of $(find "$scratch/project" -type f | wc -l | tr -d ' ') files"
(cd "$scratch/project" && tool build floodrisk.risk:compare -o "$scratch/out" --json > "$scratch/build.json")
bundle=$("$python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["path"])' "$scratch/build.json")
tool runtime -o "$scratch/out/runtime.pyz"
ls -l "$scratch/out" | tail -n +2

say "2. What was shipped"
tool inspect "$bundle"

say "3. Why, and why not"
(cd "$scratch/project" && tool why floodrisk.risk:compare floodrisk/models/empirical.py)
(cd "$scratch/project" && tool why floodrisk.risk:compare floodrisk/data/stations/ferry.csv)
(cd "$scratch/project" && tool why-not floodrisk.risk:compare floodrisk/plots.py || true)
(cd "$scratch/project" && tool why-not floodrisk.risk:compare .env || true)

say "4. Run, with the project gone, an empty folder and an empty environment"
rm -rf "$scratch/project"
cd "$scratch/cluster"
env -i PATH=/usr/bin:/bin HOME="$scratch/cluster" "$python" -I "$scratch/out/runtime.pyz" run "$bundle" --args '["ferry", 50]' --json
