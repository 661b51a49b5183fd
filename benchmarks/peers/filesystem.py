"""Asks a server for files, over one open connection: reads names of operations from standard input, prints the seconds of each.

Arguments: who asks (``ours``, ``fsspec``, ``asyncssh``, ``ssh``, ``paramiko``), port, user, key, known_hosts file, folder. Everybody gives
names, sizes or numbers of the same files; what a library has no call for is put together from those that it has.
"""

# ruff: noqa: D403, PLC0415, S603, S607 - names are written as their projects write them; each runs what it is about

from __future__ import annotations

import asyncio
import fnmatch
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

WHO, PORT, USER, KEY, KNOWN_HOSTS, FOLDER = sys.argv[1:]
Operations = dict[str, Callable[[], Any]]
STATS = [f"d0/f{number}.csv" for number in range(200)]


def ours() -> Operations:
    """clustrix-bundle."""
    from clustrix_bundle import ClusterConfig, ClusterFilesystem

    fs = ClusterFilesystem(
        ClusterConfig(
            cluster_type="ssh",
            cluster_host="127.0.0.1",
            cluster_port=int(PORT),
            username=USER,
            key_file=KEY,
            known_hosts_file=KNOWN_HOSTS,
            remote_work_dir=FOLDER,
        )
    )

    def stat_200() -> list[Any]:
        with fs.batch() as batch:
            answers = [batch.stat(name) for name in STATS]
        return [one.result() for one in answers]

    return {
        "ls": lambda: fs.ls("d0"),
        "stat": lambda: fs.stat("d0/f0.csv"),
        "exists": lambda: fs.exists("d0/f0.csv"),
        "isdir": lambda: fs.isdir("d0"),
        "isfile": lambda: fs.isfile("d0/f0.csv"),
        "find": lambda: fs.find("*.csv", "small"),
        "glob": lambda: fs.glob("*/*.csv", "small"),
        "du": lambda: fs.du("small"),
        "count": lambda: fs.count_files("small"),
        "stat-200": stat_200,
        "find-20000": lambda: fs.find("*"),
    }


def fsspec() -> Operations:
    """fsspec's SFTP, without its cache of listings."""
    from fsspec.implementations.sftp import SFTPFileSystem

    fs = SFTPFileSystem(
        "127.0.0.1", port=int(PORT), username=USER, key_filename=KEY, look_for_keys=False, skip_instance_cache=True
    )
    return {
        "ls": lambda: fs.ls(f"{FOLDER}/d0", detail=False),
        "stat": lambda: fs.info(f"{FOLDER}/d0/f0.csv"),
        "exists": lambda: fs.exists(f"{FOLDER}/d0/f0.csv"),
        "isdir": lambda: fs.isdir(f"{FOLDER}/d0"),
        "isfile": lambda: fs.isfile(f"{FOLDER}/d0/f0.csv"),
        "find": lambda: [name for name in fs.find(f"{FOLDER}/small") if name.endswith(".csv")],
        "glob": lambda: fs.glob(f"{FOLDER}/small/*/*.csv"),
        "du": lambda: fs.du(f"{FOLDER}/small"),
        "count": lambda: len(fs.find(f"{FOLDER}/small")),
        "stat-200": lambda: [fs.info(f"{FOLDER}/{name}") for name in STATS],
        "find-20000": lambda: fs.find(FOLDER),
    }


def asyncssh() -> Operations:
    """asyncssh's SFTP, whose requests go out together where they can."""
    import asyncssh as library

    loop = asyncio.new_event_loop()

    async def connect() -> Any:
        connection = await library.connect(
            "127.0.0.1", int(PORT), username=USER, client_keys=[KEY], known_hosts=None, config=None
        )
        return await connection.start_sftp_client()

    sftp = loop.run_until_complete(connect())

    async def walk(path: str) -> list[tuple[str, int]]:
        entries = [one for one in await sftp.readdir(path) if one.filename not in (".", "..")]
        found = [
            (f"{path}/{one.filename}", one.attrs.size) for one in entries if one.attrs.type != library.FILEXFER_TYPE_DIRECTORY
        ]
        folders = [one.filename for one in entries if one.attrs.type == library.FILEXFER_TYPE_DIRECTORY]
        for below in await asyncio.gather(*(walk(f"{path}/{name}") for name in folders)):
            found += below
        return found

    async def stat_200() -> list[Any]:
        return await asyncio.gather(*(sftp.stat(f"{FOLDER}/{name}") for name in STATS))

    async def named() -> list[str]:
        return [name for name, _ in await walk(f"{FOLDER}/small") if fnmatch.fnmatch(name, "*.csv")]

    async def total() -> int:
        return sum(size for _, size in await walk(f"{FOLDER}/small"))

    def run(make: Callable[[], Any]) -> Callable[[], Any]:
        return lambda: loop.run_until_complete(make())

    return {
        "ls": run(lambda: sftp.listdir(f"{FOLDER}/d0")),
        "stat": run(lambda: sftp.stat(f"{FOLDER}/d0/f0.csv")),
        "exists": run(lambda: sftp.exists(f"{FOLDER}/d0/f0.csv")),
        "isdir": run(lambda: sftp.isdir(f"{FOLDER}/d0")),
        "isfile": run(lambda: sftp.isfile(f"{FOLDER}/d0/f0.csv")),
        "find": run(named),
        "glob": run(lambda: sftp.glob(f"{FOLDER}/small/*/*.csv")),
        "du": run(total),
        "count": run(lambda: walk(f"{FOLDER}/small")),
        "stat-200": run(stat_200),
        "find-20000": run(lambda: walk(FOLDER)),
    }


def _commands(execute: Callable[[str], Any]) -> Operations:
    """Each operation a command of its own; 200 stats are 200 commands, as code with a loop makes them."""
    commands = {
        "ls": f"ls -1A {FOLDER}/d0",
        "stat": f"stat -c '%s %Y %a %F' {FOLDER}/d0/f0.csv",
        "exists": f"test -e {FOLDER}/d0/f0.csv",
        "isdir": f"test -d {FOLDER}/d0",
        "isfile": f"test -f {FOLDER}/d0/f0.csv",
        "find": f"find {FOLDER}/small -type f -name '*.csv'",
        "glob": f"ls -1d {FOLDER}/small/*/*.csv",
        "du": f"du -sb {FOLDER}/small",
        "count": f"find {FOLDER}/small -type f | wc -l",
        "find-20000": f"find {FOLDER} -type f",
    }
    operations: Operations = {name: (lambda text=text: execute(text)) for name, text in commands.items()}
    operations["stat-200"] = lambda: [execute(f"stat -c %s {FOLDER}/{name}") for name in STATS]
    return operations


def ssh() -> Operations:
    """The program ssh over an open master connection."""
    socket = tempfile.mkdtemp(prefix="clxb-", dir="/tmp") + "/m"
    options = [
        "-F",
        "/dev/null",
        "-p",
        PORT,
        "-l",
        USER,
        "-i",
        KEY,
        "-o",
        f"UserKnownHostsFile={KNOWN_HOSTS}",
        "-o",
        f"ControlPath={socket}",
    ]
    subprocess.run(
        ["ssh", *options, "-M", "-f", "-N", "127.0.0.1"], check=True, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    return _commands(lambda text: subprocess.run(["ssh", *options, "127.0.0.1", text], check=True, capture_output=True).stdout)


def paramiko() -> Operations:
    """A command each on a paramiko client, as it comes."""
    import paramiko as library

    client = library.SSHClient()
    client.load_host_keys(KNOWN_HOSTS)
    client.connect("127.0.0.1", int(PORT), USER, key_filename=KEY, look_for_keys=False, allow_agent=False)

    def execute(text: str) -> bytes:
        _, out, _ = client.exec_command(text)
        content = out.read()
        out.channel.recv_exit_status()
        return content

    return _commands(execute)


operations = {"ours": ours, "fsspec": fsspec, "asyncssh": asyncssh, "ssh": ssh, "paramiko": paramiko}[WHO]()
operations["stat"]()  # the connection stands
sys.stdout.write("ready\n")
sys.stdout.flush()
for line in sys.stdin:
    started = time.perf_counter()
    operations[line.strip()]()
    sys.stdout.write(f"{time.perf_counter() - started}\n")
    sys.stdout.flush()
