import pathlib
RULES = [l.split("\t") for l in (pathlib.Path(__file__).parent / "rules.tsv").read_text().splitlines() if l]
def apply(ws):
    out = []
    for w in ws:
        for a, b in RULES:
            if w.endswith(a):
                w = w[: -len(a)] + b
        out.append(w)
    return out
