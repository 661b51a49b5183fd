import yaml
from pathlib import Path
from typing import Optional


class Rules:
    DIR = Path(__file__).parent / "data" / "rules"

    def __init__(self, conf):
        self.conf = conf
        self.actors = conf["actors"]
        self.names = (self.DIR.parent / conf["names_file"]).read_text().split()

    @classmethod
    def load(cls, name: Optional[str] = None):
        with open(cls.DIR / f"{name or 'classic'}.yaml") as f:
            conf = yaml.safe_load(f)
        parent = conf.get("extends")
        if parent:
            with (cls.DIR / (parent + ".yaml")).open() as f:
                conf = {**yaml.safe_load(f), **conf}
        return cls(conf)
