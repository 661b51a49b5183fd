"""Coverage-guided: atheris feeds source to both extractors, which read it alike or both refuse it (``docs/facts.md``).

``python fuzz/facts_guided.py [--seconds N] [--seed N] [CORPUS]`` (60 seconds, seed 1). What widens the coverage of the libcst extractor is kept in the
folder CORPUS (below ``build/fuzz``), which begins with small files of the standard library. An input on which the extractors differ is
written there as ``differs-…`` and ends the run with status 1; a crash of the core ends it by itself. Needs ``pip install '.[fuzz]'``.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import sys
import sysconfig
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))  # PYTHONSAFEPATH keeps Python from doing so

from mutate import LINES, mutated  # noqa: E402

try:
    import atheris
except ImportError:
    sys.exit("atheris is not installed here (remedy: pip install 'clustrix-bundle[fuzz]'; its wheels are for Linux)")

with atheris.instrument_imports(include=["clustrix_bundle.bundler.facts"]):
    import clustrix_bundle.bundler.facts.libcst_facts  # noqa: F401 (the extractor imports it late)
    from facts_agree import disagreement

MAX_SEED, MAX_INPUT = 3_000, 8_000


def seeds(corpus: Path) -> None:
    """Fills an empty corpus."""
    corpus.mkdir(parents=True, exist_ok=True)
    if any(corpus.iterdir()):
        return
    library = Path(sysconfig.get_path("stdlib"))
    paths = sorted(path for path in library.rglob("*.py") if "site-packages" not in path.parts)
    small = [path.read_bytes() for path in paths if 0 < path.stat().st_size < MAX_SEED]
    for source in [*LINES, *random.Random(0).sample(small, min(300, len(small)))]:
        (corpus / hashlib.sha256(source).hexdigest()[:16]).write_bytes(source)


def mutate(data: bytes, max_size: int, seed: int) -> bytes:
    """Atheris' own mutations now and then, else those that know the syntax."""
    choice = random.Random(seed)
    if choice.random() < 0.1:
        return bytes(atheris.Mutate(data, max_size))
    return mutated(bytes(data), choice)[:max_size]


def main() -> None:
    """Runs until the time is over or something is found."""
    parser = argparse.ArgumentParser(description="Feeds both extractors under the guidance of coverage.")
    parser.add_argument("corpus", nargs="?", type=Path, default=HERE.parent / "build" / "fuzz" / "facts")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    seeds(options.corpus)

    def both(data: bytes) -> None:
        found = disagreement(bytes(data))
        if found:
            path = options.corpus.with_name(f"differs-{hashlib.sha256(data).hexdigest()[:16]}")
            path.write_bytes(data)
            sys.stdout.write(f"{found}\n{path}\n")
            sys.stdout.flush()
            os._exit(1)

    limits = [
        f"-max_total_time={options.seconds}",
        f"-seed={options.seed}",
        f"-max_len={MAX_INPUT}",
        "-timeout=60",
        "-rss_limit_mb=4096",
    ]
    artifacts = f"-artifact_prefix={options.corpus.with_name('crash-')}"
    atheris.Setup([sys.argv[0], *limits, artifacts, str(options.corpus)], both, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
