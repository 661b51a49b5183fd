import logging
from .registry import REGISTRY

log = logging.getLogger(__name__)


class Runner:
    def run(self, only=None):
        names = [only] if only else sorted(REGISTRY)
        return {n: list(REGISTRY[n]().rows()) for n in names}
