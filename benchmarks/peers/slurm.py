"""Submits work to SLURM and waits for its results: reads ``one`` or ``map`` from standard input, prints the seconds that it took.

Arguments: who submits (``ours``, ``hand``, ``submitit``), a folder for its files, how many elements to map, and, to come
from elsewhere, port, user, key and known_hosts file of an SSH server in front of it. The connection stands before anything is timed.
``one`` is eight submissions, a pause of random length before each: a scheduler that looks once a second would else count the peer's own phase.
"""

# ruff: noqa: PLC0415, S603, S607 - each runs what it is about

from __future__ import annotations

import os
import random
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

WHO, FOLDER, COUNT, *WAY = sys.argv[1:]
ELEMENTS = range(int(COUNT))
SUBMISSIONS = 8


def double(x: int) -> int:
    """The work."""
    return 2 * x


def ours() -> tuple[Callable[[int], int], Callable[[], list[int]]]:
    """clustrix-bundle."""
    from clustrix_bundle import ClusterConfig, ClusterExecutor

    there = {}
    if WAY:
        port, user, key, known_hosts = WAY
        there = {"cluster_host": "127.0.0.1", "cluster_port": int(port), "username": user, "key_file": key}
        there["known_hosts_file"] = known_hosts
    config = ClusterConfig(
        cluster_type="slurm", remote_work_dir=FOLDER, python_executable=sys.executable, max_parallel_jobs=1000, **there
    )
    executor = ClusterExecutor(config)
    return lambda x: executor.submit(double, x).result(), lambda: list(executor.map(double, ELEMENTS))


def hand() -> tuple[Callable[[int], int], Callable[[], list[int]]]:
    """A batch script that writes its result into a file, and a loop that waits for the file."""
    program = "import os; i = os.environ['I']; f = open(i + '.part', 'w'); print(2 * int(i), file=f, flush=True); os.rename(i + '.part', i)"
    script = Path(FOLDER, "task.sh")
    script.write_text(f"#!/bin/sh\nI=${{SLURM_ARRAY_TASK_ID:-$1}} exec {sys.executable} -c {shlex.quote(program)}\n")
    shell = ["sh", "-c"]
    if WAY:
        port, user, key, known_hosts = WAY
        options = ["-F", "/dev/null", "-p", port, "-l", user, "-i", key, "-o", f"UserKnownHostsFile={known_hosts}"]
        options += ["-o", f"ControlPath={FOLDER}/master"]
        subprocess.run(
            ["ssh", *options, "-M", "-f", "-N", "127.0.0.1"], check=True, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        shell = ["ssh", *options, "127.0.0.1"]

    def run(text: str) -> str:
        return subprocess.run([*shell, text], check=True, capture_output=True, text=True).stdout

    submit = f"cd {FOLDER} && rm -rf out && mkdir out && sbatch --parsable --chdir={FOLDER}/out --output=/dev/null"

    def one(x: int) -> int:
        return int(run(f"{submit} {script} {x} >/dev/null && while [ ! -e out/{x} ]; do sleep 0.01; done && cat out/{x}"))

    def mapped() -> list[int]:
        last = len(ELEMENTS) - 1
        wait = f'while [ "$(ls out | grep -vc part)" -lt {last + 1} ]; do sleep 0.1; done'
        return list(
            map(int, run(f"{submit} --array=0-{last} {script} >/dev/null && {wait} && cd out && cat $(seq 0 {last})").split())
        )

    return one, mapped


def submitit() -> tuple[Callable[[int], int], Callable[[], list[int]]]:
    """Submitit, as its documentation shows it."""
    import submitit as library

    executor = library.AutoExecutor(folder=FOLDER, cluster="slurm")
    executor.update_parameters(timeout_min=10, cpus_per_task=1, slurm_array_parallelism=1000)
    return (
        lambda x: executor.submit(double, x).result(),
        lambda: [job.result() for job in executor.map_array(double, ELEMENTS)],
    )


def main() -> None:
    """Do what is asked."""
    one, mapped = {"ours": ours, "hand": hand, "submitit": submitit}[WHO]()
    one(1)  # the connection stands
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        seconds = 0.0
        if line.strip() == "one":
            for _ in range(SUBMISSIONS):
                time.sleep(random.random())
                x = random.randrange(1 << 20)
                started = time.perf_counter()
                result = one(x)
                seconds += (time.perf_counter() - started) / SUBMISSIONS
                assert result == 2 * x
        else:
            started = time.perf_counter()
            results = mapped()
            seconds = time.perf_counter() - started
            assert results == [2 * x for x in ELEMENTS]
        sys.stdout.write(f"{seconds}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    os.makedirs(FOLDER, exist_ok=True)
    main()
    shutil.rmtree(FOLDER, ignore_errors=True)
