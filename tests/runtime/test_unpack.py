"""``runtime.pyz unpack`` and ``verify`` on good bundles, on every interpreter."""

import os


def test_a_bundle_is_verified_and_unpacked_on_every_python(site, bundle_of, interpreter):
    site.python = interpreter
    long = "project/" + "/".join(["long" * 20] * 4) + "/name" * 40
    bundle = bundle_of(
        "def f(): pass\n",
        files={
            "project/leer zeichen": "",
            "project/ü/\udcff": "x",
            long: "y",
            "values/v.pkl": ("value", b"\x80"),
            "project/t": ("data", b"", True),
        },
        links={"project/l": "ü", "project/dangling": "nowhere", "project/loop": "loop"},
        dirs=["project/empty", "project/ü/leer"],
    )
    assert site.call("verify", bundle).code == 0
    reply = site.call("verify", bundle, "--json").reply
    assert reply["ok"] is True and reply["members"] == 11
    done = site.call("unpack", bundle, "out", "--json")
    assert done.reply == {"ok": True, "id": reply["id"], "path": str(site.work / "out")}
    out = os.fsencode(site.work / "out")
    assert open_bytes(out + b"/project/\xc3\xbc/\xff") == b"x"
    assert open_bytes(out + b"/" + long.encode()) == b"y"
    assert open_bytes(out + b"/values/v.pkl") == b"\x80"
    assert os.access(out + b"/project/t", os.X_OK) and not os.access(out + b"/project/m.py", os.X_OK)
    assert os.readlink(out + b"/project/l") == b"\xc3\xbc"
    assert os.listdir(out + b"/project/empty") == []
    assert sorted(os.listdir(out)) == [b"manifest.json", b"project", b"values"]
    assert os.listdir(site.work) == ["out"]


def open_bytes(path):
    with open(path, "rb") as source:
        return source.read()


def test_unpacking_over_something_is_refused(site, bundle_of):
    bundle = bundle_of("def f(): pass\n")
    (site.work / "full").mkdir()
    (site.work / "full" / "x").write_text("")
    (site.work / "file").write_text("")
    (site.work / "link").symlink_to("empty")
    (site.work / "empty").mkdir()
    for name, code in {"full": 2, "file": 2, "link": 2, "no/where": 2, "empty": 0}.items():
        assert site.call("unpack", bundle, name).code == code
    assert os.listdir(site.work / "full") == ["x"]
    assert sorted(os.listdir(site.work)) == ["empty", "file", "full", "link"]


def test_unpacking_where_nothing_can_be_written_says_so(site, bundle_of):
    done = site.call("unpack", bundle_of("def f(): pass\n"), "/proc/out", "--json")
    assert done.code == 5 and done.reply["ok"] is False
