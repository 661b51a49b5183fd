from .base import Lang
from pathlib import Path


class French(Lang):
    code = "fr"

    def get_dir(self):
        return Path(__file__).parent / "words"


class German(Lang):
    @property
    def code(self):
        return "de"

    def get_dir(self):
        return Path(__file__).parent / "other"
