import abc
from pathlib import Path


class Lang(abc.ABC):
    @property
    @abc.abstractmethod
    def code(self):
        ...

    def get_dir(self):
        raise NotImplementedError

    def words(self):
        return (self.get_dir() / f"{self.code}.txt").read_text().split()
