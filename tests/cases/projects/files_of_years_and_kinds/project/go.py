from pathlib import Path
YEARS = range(2020, 2022)
KINDS = ("in", "out")


def run():
    out = {}
    for y in YEARS:
        for k in KINDS:
            p = Path("data") / f"{y}" / "{}_{}.csv".format(k, y)
            out[f"{y}{k}"] = p.read_text().strip()
    return out
