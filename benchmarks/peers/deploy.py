"""Brings files to a server: reads ``small``, ``large`` or ``again`` from standard input, prints the seconds that it took.

Arguments: who sends (``ours``, ``scp``, ``rsync``, ``paramiko``), a folder with ``small`` (2,000 files) and ``large`` (one file), the folder
there, port, user, key and known_hosts file. The connection stands before anything is timed, and what was sent before is removed. Ours bundles a
function that reads these files: the small ones are packed, the large one is detached. ``again``, ours alone, deploys what is there already.
"""

# ruff: noqa: PLC0415, S603, S607 - each runs what it is about

from __future__ import annotations

import atexit
import contextlib
import glob
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

WHO, SOURCE, TARGET, PORT, USER, KEY, KNOWN_HOSTS = sys.argv[1:]
SMALL, LARGE = f"{SOURCE}/small", f"{SOURCE}/large"
Work = dict[str, Callable[[], object]]


def ours() -> Work:
    """clustrix-bundle: analysis and packing count, too, for the others read the files themselves as well."""
    from clustrix_bundle import ClusterConfig
    from clustrix_bundle.build import BuildOptions
    from clustrix_bundle.order import packed_target
    from clustrix_bundle.submission import Cluster

    there = {"cluster_host": "127.0.0.1", "cluster_port": int(PORT), "username": USER, "key_file": KEY}
    cluster = Cluster(ClusterConfig(cluster_type="ssh", known_hosts_file=KNOWN_HOSTS, remote_work_dir=TARGET, **there))
    cluster.place.call("files.exists", path=".")

    def packed(name: str) -> Any:
        with open(f"{SOURCE}/{name}.py", "w", encoding="utf-8") as source:
            source.write(
                f'import os\n\n\ndef work():\n    return [open("{name}/" + n, "rb").read() for n in os.listdir("{name}")]\n'
            )
        return packed_target(f"{SOURCE}/{name}.py:work", None, BuildOptions(root=SOURCE, max_file_size=1 << 30))

    def send(name: str) -> None:
        with packed(name) as order:
            cluster.deployer.deploy(order)

    kept = contextlib.ExitStack()
    order = kept.enter_context(packed("few"))
    atexit.register(kept.close)

    def again() -> None:
        deployment = cluster.deployer.deploy(order)
        assert deployment.sent == 0

    cluster.deployer.deploy(order)
    return {"small": lambda: send("small"), "large": lambda: send("large"), "again": again}


def _ssh_options() -> list[str]:
    socket = f"{SOURCE}/{WHO}-{PORT}"
    options = ["-F", "/dev/null", "-i", KEY, "-o", f"UserKnownHostsFile={KNOWN_HOSTS}", "-o", f"ControlPath={socket}"]
    subprocess.run(
        ["ssh", *options, "-p", PORT, "-l", USER, "-M", "-f", "-N", "127.0.0.1"],
        check=True,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return options


def scp() -> Work:
    """The program scp over an open master connection."""
    command = ["scp", "-q", "-r", "-P", PORT, *_ssh_options()]
    return _both(lambda source: subprocess.run([*command, source, f"{USER}@127.0.0.1:{TARGET}/"], check=True))


def rsync() -> Work:
    """The program rsync over an open master connection."""
    command = ["rsync", "-a", "-e", " ".join(["ssh", "-p", PORT, *_ssh_options()])]
    return _both(lambda source: subprocess.run([*command, source, f"{USER}@127.0.0.1:{TARGET}/"], check=True))


def paramiko() -> Work:
    """Paramiko's ``put``, file by file, as code with a loop has it."""
    import paramiko as library

    client = library.SSHClient()
    client.load_host_keys(KNOWN_HOSTS)
    client.connect("127.0.0.1", int(PORT), USER, key_filename=KEY, look_for_keys=False, allow_agent=False)
    sftp = client.open_sftp()

    def send(folder: str) -> None:
        there = f"{TARGET}/{os.path.basename(folder)}"
        sftp.mkdir(there)
        for name in os.listdir(folder):
            sftp.put(f"{folder}/{name}", f"{there}/{name}")

    return _both(send)


def _both(send: Callable[[str], object]) -> Work:
    return {"small": lambda: send(SMALL), "large": lambda: send(LARGE)}


def forget() -> None:
    """Remove what was sent before; the running agent keeps its program."""
    for folder in glob.glob(f"{TARGET}/.clustrix-*/b*") if WHO == "ours" else glob.glob(f"{TARGET}/*"):
        shutil.rmtree(folder)


work = {"ours": ours, "scp": scp, "rsync": rsync, "paramiko": paramiko}[WHO]()
sys.stdout.write("ready\n")
sys.stdout.flush()
for line in sys.stdin:
    if line.strip() != "again":
        forget()
    started = time.perf_counter()
    work[line.strip()]()
    sys.stdout.write(f"{time.perf_counter() - started}\n")
    sys.stdout.flush()
