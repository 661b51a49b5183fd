import re
def apply(t):
    return re.findall(r"\w+", t.lower())
