"""Bundles written by hand with `tarfile` and `zstandard`: good ones as an oracle that the project's own writer did not make, bad
ones that it never would."""

import hashlib
import io
import json
import tarfile
from pathlib import Path

import zstandard

SEAL = (0x184D2A5C).to_bytes(4, "little") + (48).to_bytes(4, "little") + b"clustrix-bundle1"


def file_member(path, content, kind="data", executable=False):
    row = {"path": path, "kind": kind, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    if executable:
        row["executable"] = True
    return row


ENTRY = {"kind": "module", "member": "project/m.py", "module": "m", "qualname": "f"}


def manifest(rows, **fields):
    data = {
        "schema": 1,
        "entry": ENTRY,
        "python": {"minimum": [3, 6], "below": None},
        "sys_path": ["project"],
        "cwd": "project",
        "requirements": [],
        "filesystem_calls": [],
        "work_dir_names": [],
        "values": [],
        "members": sorted(rows, key=lambda row: str(row["path"]).encode("utf-8", "surrogatepass")),
    }
    data.update(fields)
    return data


def render(data):
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=True) + "\n"
    return text.encode()


def info(name, kind=tarfile.REGTYPE, size=0, target="", mode=0o644):
    item = tarfile.TarInfo(name)
    item.type, item.size, item.linkname, item.mode = kind, size, target, mode
    return item


def tar(items):
    """Tar bytes of ``(TarInfo, content)`` pairs."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT, encoding="utf-8", errors="surrogateescape") as archive:
        for item, content in items:
            archive.addfile(item, io.BytesIO(content))
    return out.getvalue()


def compress(data, cut):
    """Two frames, the first of ``cut`` bytes; and the seal."""
    compressor = zstandard.ZstdCompressor(level=3, write_checksum=True)
    body = compressor.compress(data[:cut]) + compressor.compress(data[cut:])
    return body + SEAL + hashlib.sha256(body).digest()


def pack(text, items):
    """A bundle of manifest bytes and ``(TarInfo, content)`` pairs."""
    head = tar([(info("manifest.json", size=len(text)), text)]).rstrip(b"\0")
    head += b"\0" * (-len(head) % 512)
    return compress(head + tar(items), len(head))


def bundle(files=None, links=None, dirs=(), **fields):
    """Bytes of a good bundle: ``files`` maps a member path to its content, or ``(kind, content)``, or ``(kind, content, True)``."""
    rows, items = [], []
    for path, content in (files or {}).items():
        kind = "module" if path.endswith(".py") else "data"
        executable = False
        if isinstance(content, tuple):
            kind, content, executable = (*content, False)[:3]
        if isinstance(content, str):
            content = content.encode()
        rows.append(file_member(path, content, kind, executable))
        items.append((info(path, size=len(content)), content))
    for path, target in (links or {}).items():
        rows.append({"path": path, "kind": "link", "target": target})
        items.append((info(path, tarfile.SYMTYPE, target=target, mode=0o777), b""))
    for path in dirs:
        rows.append({"path": path, "kind": "dir"})
        items.append((info(path, tarfile.DIRTYPE, mode=0o755), b""))
    items.sort(key=lambda item: item[0].name.encode("utf-8", "surrogateescape"))
    return pack(render(manifest(rows, **fields)), items)


def write(folder, **options):
    path = Path(folder) / "b.tar.zst"
    path.write_bytes(bundle(**options))
    return path
