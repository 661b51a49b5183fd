"""Which calls cannot do without a file of that name: what they open and nothing brings is told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.evidence import deeds
from clustrix_bundle.bundler.lazy_pattern import compile_lazily

if TYPE_CHECKING:
    from clustrix_bundle.bundler.folding.value import Text

_LOADING = compile_lazily(r"(?:read|scan|load|open)(?:_\w+)?|\w+_(?:load|read|open)|imread|fromfile|genfromtxt|loadtxt")
_HUBS = compile_lazily(r"(?:datasets|nltk|seaborn|spacy|torchvision)\.|.*\.load_dataset")
_DATA = compile_lazily(
    r".*\.(?:csv|tsv|txt|jsonl?|geojson|parquet|feather|arrow|orc|avro|xlsx?|xlsm|ods|sav|dta|sas7bdat|h5|hdf5?|keras|nc|zarr|mat|np[yz]"
    r"|pkl|pickle|joblib|pth?|ckpt|safetensors|onnx|tflite|pb|bin|dat|data|db|sqlite3?|ya?ml|toml|ini|cfg|xml|html?|gml|graphml|shp|gpkg"
    r"|png|jpe?g|tiff?|gif|bmp|wav|mp3|flac|ogg|mp4|avi|fits?|fa|fasta|fastq|vcf|bed|pdb|xyz|gz|bz2|xz|zst|zip|tar|tgz|log)",
    re.IGNORECASE | re.DOTALL,
)

OF_TEXTS = frozenset({"yaml.safe_load", "yaml.load"})
"""Functions that take a text in the place of a file."""

TOLERANT = frozenset(
    {
        *(f"configparser.{name}ConfigParser().read" for name in ("", "Raw", "Safe")),
        "dotenv.load_dotenv",
        "dotenv.dotenv_values",
        "mimetypes.init",
    }
)
"""Functions that pass over files that are not there."""


def _reads_file(name: str, path: str) -> bool:
    """Whether a loader told by its name is after a file: its name says that it reads, the text (no URL) ends as names of data do.

    Loaders take names of models and data sets, queries and texts as well; methods of what a call made (``ZipFile(…).read``) names of parts.
    """
    return bool(
        "()" not in name and _LOADING.fullmatch(name.rpartition(".")[2]) and not _HUBS.match(name) and _DATA.fullmatch(path)
    )


def needs_file(deed: str, callee: str, value: Text, *, there: bool) -> bool:
    """Whether a call needs a file that a path names in full.

    Args:
        deed: As in `deeds.Opener`.
        callee: Full name of the foreign function; empty for a method of a path.
        value: What it is given: URLs are no files.
        there: Whether there is such a file.
    """
    path = value.constant
    if path is None or "://" in path or (callee in TOLERANT and not there):
        return False
    if deed == deeds.READ and callee not in OF_TEXTS:
        return True
    return deed in (deeds.READ, deeds.LOAD) and _reads_file(callee, path)
