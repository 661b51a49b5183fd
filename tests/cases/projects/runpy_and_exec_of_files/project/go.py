import runpy
from pathlib import Path

HERE = Path(__file__).resolve().parent


def go():
    ns = runpy.run_path(str(HERE / "scripts" / "params.py"))
    g = {}
    exec((HERE / "scripts/more.py").read_text(), g)
    exec(compile(open(HERE / "scripts" / "third.py").read(), "third.py", "exec"), g)
    m = runpy.run_module("scripts.runme", run_name="x")
    return [ns["A"], g["B"], g["C"], m["D"]]
