"""Tiny wheels, a package index of them, a machine that has some installed, and environments built from them."""

from __future__ import annotations

import base64
import glob
import hashlib
import http.server
import os
import re
import sys
import threading
import zipfile
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from clustrix_bundle.bundler.distributions import Distributions

from clustrix_bundle import ClusterConfig, RemoteEnvironment
from clustrix_bundle.agent.place import LocalPlace
from clustrix_bundle.environments.needs import Need, Needs

PAINT = {"name": "clxpaint", "version": "1.4", "source": "import clxshades\nNAME = 'paint 1.4, ' + clxshades.NAME\n"}
SHADES = {"name": "clxshades", "version": "1.2", "source": "NAME = 'shades 1.2'\n"}
NEEDS = Needs(distributions=(Need("clxpaint", "1.4", ("clxpaint",)),))


def render_wheel_files(
    name: str, version: str, source: str, requires=(), files=(), tag: str = "py3-none-any"
) -> dict[str, bytes]:
    """What a wheel holds, by name; RECORD last."""
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n" + "".join(f"Requires-Dist: {r}\n" for r in requires)
    texts = {
        f"{name}.py": source,
        **dict(files),
        f"{info}/METADATA": metadata,
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    contents = {name: text.encode() for name, text in texts.items()}
    record = "".join(
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip('=')},{len(content)}\n"
        for name, content in contents.items()
    )
    return {**contents, f"{info}/RECORD": f"{record}{info}/RECORD,,\n".encode()}


def write_wheel(folder: Path, **fields: Any) -> Path:
    """A wheel's file."""
    path = folder / f"{fields['name']}-{fields['version']}-{fields.get('tag', 'py3-none-any')}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in render_wheel_files(**fields).items():
            archive.writestr(name, content)
    return path


def install_by_hand(folder: Path, **fields: Any) -> None:
    """As an installer leaves a wheel in a site folder."""
    for name, content in render_wheel_files(**fields).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def other_python(lowest: int) -> str:
    """The oldest Python 3 of this machine from a minor version on."""
    found = {}
    for path in glob.glob(os.path.expanduser("~/.pyenv/versions/3.*/bin/python")):
        minor = int(re.search(r"/3\.(\d+)\.[^/]*/bin/python$", path)[1])
        if minor >= lowest:
            found[minor] = path
    return found[min(found)] if found else sys.executable


@pytest.fixture(scope="session")
def tiny() -> SimpleNamespace:
    """What is above, for tests."""
    return SimpleNamespace(
        needs=NEEDS,
        paint=PAINT,
        shades=SHADES,
        write_wheel=write_wheel,
        install_by_hand=install_by_hand,
        other_python=other_python,
    )


@pytest.fixture(scope="session")
def index(tmp_path_factory) -> Path:
    """A folder as pip's --find-links takes it: clxpaint 1.4, which needs clxshades, of which there are two versions."""
    folder = tmp_path_factory.mktemp("index")
    write_wheel(folder, requires=["clxshades>=1"], **PAINT)
    write_wheel(folder, **SHADES)
    write_wheel(folder, name="clxshades", version="1.3", source="NAME = 'shades 1.3'\n")
    return folder


@pytest.fixture(scope="session")
def here(tmp_path_factory) -> Distributions:
    """What is installed where jobs are submitted from."""
    folder = tmp_path_factory.mktemp("client") / "site-packages"
    install_by_hand(folder, requires=["clxshades>=1"], **PAINT)
    install_by_hand(folder, **SHADES)
    return Distributions((str(folder),))


@dataclass
class HeldIndex:
    """An index behind HTTP that gives nothing before it is told to.

    Attributes:
        url: Its address.
        asked: Set when somebody asks.
        open: Whether it answers.
    """

    url: str
    asked: threading.Event = field(default_factory=threading.Event)
    open: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def held_index(index):
    class Handler(http.server.SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            held.asked.set()
            held.open.wait(60)
            super().do_GET()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(index)))
    server.daemon_threads = True
    held = HeldIndex(f"http://127.0.0.1:{server.server_port}/")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield held
    held.open.set()
    server.shutdown()
    server.server_close()


class Site:
    """A machine whose state dir is empty.

    Attributes:
        work: Its work dir.
        place: It.
    """

    def __init__(self, work: Path, links: object) -> None:
        self.work = work
        self.work.mkdir(exist_ok=True)
        self.place = LocalPlace(str(work))
        self._links = links

    def config(self, **fields: Any) -> ClusterConfig:
        variables = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self._links), "PIP_CONFIG_FILE": os.devnull}
        given = {
            "local_work_dir": str(self.work),
            "environment": "venv",
            "package_manager": "pip",
            "python_executable": sys.executable,
            "environment_variables": {**variables, **fields.pop("environment_variables", {})},
        }
        return ClusterConfig(**{**given, **fields})

    def environment(self, progress: Any = None, **fields: Any) -> RemoteEnvironment:
        return RemoteEnvironment(self.config(**fields), progress=progress or (lambda _text: None), place=self.place)

    @property
    def folders(self) -> list[Path]:
        """Of the environments that there are."""
        return sorted(self.work.glob(".clustrix-*/environments/*"))


@pytest.fixture
def site(tmp_path, index, monkeypatch) -> Site:
    monkeypatch.setenv("PIP_NO_INDEX", "1")  # here, no test asks the network
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    return Site(tmp_path / "work", index)
