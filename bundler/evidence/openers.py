"""Functions that open files: which argument is the path, and what is done with it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.folding.known import is_path_class
from clustrix_bundle.bundler.lazy_dataclass import dataclass
from clustrix_bundle.bundler.lazy_pattern import compile_lazily

if TYPE_CHECKING:
    from clustrix_bundle.bundler.evidence.call_shapes import CallShape

READ = "read"
WRITE = "write"
LIST = "list"
WALK = "walk"
GLOB = "glob"
PROBE = "probe"
LOAD = "load"
COPY = "copy"


@dataclass(frozen=True, slots=True)
class Opener:
    """What a function does with a path.

    Attributes:
        deed: read, write, list (a folder's entries), walk (a folder, deep), glob (a pattern), probe (only asks), load (a file, or a
            folder whole), copy (reads one, writes another).
        position: Of the path among the positional arguments.
        names: Keywords of the path.
        mode: Position of the mode argument of ``open``-like functions, -1 if there is none.
        many: The argument may be a list of paths.
    """

    deed: str = READ
    position: int = 0
    names: tuple[str, ...] = ("file", "path", "filename", "name")
    mode: int = -1
    many: bool = True


_OPEN = Opener(mode=1)
_PROBE = Opener(PROBE, names=("path", "filename"))
_LIST = Opener(LIST, names=("path", "top"))
_WALK = Opener(WALK, names=("top", "path"))
_READ = Opener()
_LOAD = Opener(
    LOAD, names=("path", "searchpath", "directories", "directory", "folder", "template_folder", "root", "dir", "filename", "name")
)
_WRITE = Opener(WRITE)
_COPY = Opener(COPY, names=("src",))

BY_NAME: dict[str, Opener] = {
    **dict.fromkeys(
        [
            "builtins.open",
            "codecs.open",
            "gzip.open",
            "bz2.open",
            "lzma.open",
            "gzip.GzipFile",
            "bz2.BZ2File",
            "lzma.LZMAFile",
            "zipfile.ZipFile",
            "tarfile.open",
            "tarfile.TarFile",
            "zipfile.PyZipFile",
            "io.FileIO",
            "_io.open",
            "io.open_code",
            "smart_open.open",
            "fsspec.open",
            "aiofiles.open",
            "anyio.open_file",
            "wave.open",
            "aifc.open",
            "sunau.open",
            "h5py.File",
            "netCDF4.Dataset",
            "os.open",
            "tokenize.open",
            "compression.zstd.open",
            "zstandard.open",
        ],
        _OPEN,
    ),
    "numpy.memmap": Opener(mode=2),
    "numpy.lib.format.open_memmap": Opener(mode=1),
    "shelve.open": Opener(mode=1),
    "dbm.open": Opener(mode=1),
    **dict.fromkeys(
        [
            "sqlite3.connect",
            "configparser.ConfigParser().read",
            "configparser.RawConfigParser().read",
            "configparser.SafeConfigParser().read",
            "fileinput.input",
            "fileinput.FileInput",
            "linecache.getline",
            "linecache.getlines",
            "xml.etree.ElementTree.parse",
            "xml.etree.ElementTree.iterparse",
            "xml.dom.minidom.parse",
            "xml.sax.parse",
            "lxml.etree.parse",
            "lxml.html.parse",
            "xml.etree.ElementTree.ElementTree",
            "mmap.mmap",
            "ctypes.CDLL",
            "ctypes.PyDLL",
            "ctypes.WinDLL",
            "ctypes.cdll.LoadLibrary",
            "ctypes.pydll.LoadLibrary",
            "cffi.FFI().dlopen",
            "logging.config.fileConfig",
            "zipimport.zipimporter",
            "mimetypes.init",
            "mimetypes.read_mime_types",
            "netrc.netrc",
            "plistlib.readPlist",
            "json.load",
            "tomllib.load",
            "toml.load",
            "yaml.safe_load",
            "yaml.load",
            "pickle.load",
            "joblib.load",
            "dill.load",
            "cloudpickle.load",
            "dotenv.load_dotenv",
            "dotenv.dotenv_values",
            "PIL.Image.open",
            "cv2.imread",
            "cv2.VideoCapture",
            "cv2.CascadeClassifier",
            "imageio.imread",
            "imageio.v2.imread",
            "imageio.v3.imread",
            "skimage.io.imread",
            "matplotlib.pyplot.imread",
            "matplotlib.image.imread",
            "soundfile.read",
            "soundfile.SoundFile",
            "librosa.load",
            "scipy.io.loadmat",
            "scipy.io.wavfile.read",
            "scipy.io.netcdf_file",
            "scipy.io.mmread",
            "scipy.sparse.load_npz",
            "numpy.load",
            "numpy.loadtxt",
            "numpy.genfromtxt",
            "numpy.fromfile",
            "torch.load",
            "torch.jit.load",
            "onnxruntime.InferenceSession",
            "onnx.load",
            "xarray.open_dataset",
            "xarray.open_dataarray",
            "xarray.open_mfdataset",
            "xarray.load_dataset",
            "hashlib.file_digest",
            "filecmp.cmp",
            "jsonlines.open",
            "pyarrow.parquet.read_table",
            "pyarrow.parquet.ParquetFile",
            "pyarrow.feather.read_table",
            "fiona.open",
            "rasterio.open",
            "shapefile.Reader",
            "nibabel.load",
            "pydicom.dcmread",
            "Bio.SeqIO.parse",
            "Bio.SeqIO.read",
            "astropy.io.fits.open",
            "astropy.table.Table.read",
            "lark.Lark.open",
            "ruamel.yaml.YAML().load",
            "omegaconf.OmegaConf.load",
            "duckdb.connect",
            "duckdb.read_csv",
            "duckdb.read_parquet",
            "networkx.read_gml",
            "networkx.read_graphml",
            "networkx.read_edgelist",
            "networkx.read_adjlist",
            "ase.io.read",
            "igraph.Graph.Read",
            "sympy.parsing",
            "pkgutil.extend_path",
            "ssl.SSLContext().load_verify_locations",
            "ssl.SSLContext().load_cert_chain",
            "site.addpackage",
        ],
        _READ,
    ),
    "lark.Lark.open": _READ,
    "ssl.create_default_context": Opener(names=("cafile",), position=1),
    "numpy.ctypeslib.load_library": Opener(READ, 0),
    **dict.fromkeys(
        [
            "os.stat",
            "os.lstat",
            "os.access",
            "os.path.exists",
            "os.path.isfile",
            "os.path.isdir",
            "os.path.getsize",
            "os.path.getmtime",
            "os.path.getctime",
            "os.path.getatime",
            "os.path.lexists",
            "os.path.islink",
            "os.path.samefile",
            "os.readlink",
            "os.statvfs",
            "os.utime",
            "shutil.which",
        ],
        _PROBE,
    ),
    **dict.fromkeys(["os.listdir", "os.scandir"], _LIST),
    **dict.fromkeys(["os.walk", "os.fwalk"], _WALK),
    **dict.fromkeys(["glob.glob", "glob.iglob"], Opener(GLOB, names=("pathname",))),
    **dict.fromkeys(
        [
            "shutil.copy",
            "shutil.copy2",
            "shutil.copyfile",
            "shutil.move",
            "shutil.copyfileobj",
            "os.link",
            "os.symlink",
            "os.rename",
            "os.replace",
        ],
        _COPY,
    ),
    "shutil.copytree": Opener(WALK, names=("src",)),
    "shutil.make_archive": Opener(WALK, 2, ("root_dir",)),
    "shutil.unpack_archive": _READ,
    "distutils.dir_util.copy_tree": Opener(WALK),
    **dict.fromkeys(
        [
            "jinja2.FileSystemLoader",
            "jinja2.loaders.FileSystemLoader",
            "mako.lookup.TemplateLookup",
            "mako.template.Template",
            "tornado.template.Loader",
            "chameleon.PageTemplateLoader",
            "chameleon.PageTemplateFile",
            "genshi.template.TemplateLoader",
            "string_template.Loader",
            "flask.send_from_directory",
            "fastapi.staticfiles.StaticFiles",
            "starlette.staticfiles.StaticFiles",
            "fastapi.templating.Jinja2Templates",
            "starlette.templating.Jinja2Templates",
            "gensim.models.KeyedVectors.load",
            "spacy.load",
            "sentence_transformers.SentenceTransformer",
            "datasets.load_from_disk",
            "datasets.load_dataset",
            "torchvision.datasets.ImageFolder",
            "tensorflow.keras.models.load_model",
            "keras.models.load_model",
            "keras.saving.load_model",
            "tensorflow.saved_model.load",
            "mlflow.pyfunc.load_model",
            "zarr.open",
            "zarr.open_group",
            "babel.support.Translations.load",
            "sass.compile",
            "dbm.dumb.open",
            "whoosh.index.open_dir",
            "nltk.data.load",
            "nltk.data.find",
            "polib.pofile",
            "polib.mofile",
        ],
        _LOAD,
    ),
    "gettext.translation": Opener(LOAD, 1, ("localedir",)),
    "gettext.find": Opener(LOAD, 1, ("localedir",)),
    "gettext.install": Opener(LOAD, 1, ("localedir",)),
    "gettext.bindtextdomain": Opener(LOAD, 1, ("localedir",)),
    "site.addsitedir": Opener(PROBE),
    **dict.fromkeys(
        [
            "os.mkdir",
            "os.makedirs",
            "os.remove",
            "os.unlink",
            "os.rmdir",
            "os.removedirs",
            "shutil.rmtree",
            "numpy.save",
            "numpy.savez",
            "numpy.savez_compressed",
            "numpy.savetxt",
            "matplotlib.pyplot.savefig",
            "cv2.imwrite",
            "imageio.imwrite",
            "imageio.imsave",
            "torch.save",
            "joblib.dump",
            "scipy.io.savemat",
            "soundfile.write",
            "scipy.io.wavfile.write",
            "logging.FileHandler",
            "logging.handlers.RotatingFileHandler",
            "logging.handlers.TimedRotatingFileHandler",
            "distutils.dir_util.mkpath",
            "os.truncate",
            "os.mkfifo",
        ],
        _WRITE,
    ),
}
"""External functions by their full name."""

ONLY_OF_PATHS = frozenset(
    {"rename", "replace", "copy", "copy_into", "move", "walk", "owner", "group", "check", "chmod", "readlink"}
)
"""Methods of paths that a string has too, or that say little: they count where the receiver surely is a path."""

PATH_METHODS: dict[str, str] = {
    "open": "open",
    **dict.fromkeys(("read_text", "read_bytes"), READ),
    **dict.fromkeys(
        (
            "exists",
            "is_file",
            "is_dir",
            "stat",
            "lstat",
            "is_symlink",
            "owner",
            "group",
            "samefile",
            "is_mount",
            "readlink",
            "check",
        ),
        PROBE,
    ),
    "iterdir": LIST,
    "walk": WALK,
    "glob": GLOB,
    "rglob": GLOB,
    **dict.fromkeys(
        ("write_text", "write_bytes", "touch", "mkdir", "unlink", "rmdir", "symlink_to", "hardlink_to", "chmod"), WRITE
    ),
    **dict.fromkeys(("rename", "replace", "copy", "copy_into", "move"), COPY),
}
"""Methods of paths (and of resources): the path is the receiver."""

RESOURCES: dict[str, tuple[str, bool]] = {
    **dict.fromkeys(
        [
            f"{package}.{name}"
            for package in ("importlib.resources", "importlib_resources")
            for name in ("open_text", "open_binary", "read_text", "read_binary")
        ],
        (READ, True),
    ),
    **dict.fromkeys([f"{package}.is_resource" for package in ("importlib.resources", "importlib_resources")], (PROBE, True)),
    **dict.fromkeys([f"{package}.path" for package in ("importlib.resources", "importlib_resources")], (READ, True)),
    **dict.fromkeys([f"{package}.contents" for package in ("importlib.resources", "importlib_resources")], (LIST, False)),
    "pkgutil.get_data": (READ, True),
    "pkg_resources.resource_string": (READ, True),
    "pkg_resources.resource_stream": (READ, True),
    "pkg_resources.resource_filename": (LOAD, True),
    "pkg_resources.resource_exists": (PROBE, True),
    "pkg_resources.resource_isdir": (PROBE, True),
    "pkg_resources.resource_listdir": (LIST, True),
    "jinja2.PackageLoader": (LOAD, True),
    "jinja2.loaders.PackageLoader": (LOAD, True),
    "importlib.resources.as_file": (LOAD, False),
    "importlib_resources.as_file": (LOAD, False),
}
"""Functions that take a package and a path inside it: the deed, and whether the path is the second argument."""

_READING = compile_lazily(
    r"(?:read|scan|load|open|imread|parse|import|iter|from)(?:_\w+)?|\w+_(?:load|read|open)|fromfile|genfromtxt|loadtxt|memmap|from[a-z]+|"
    r"\w*(?:Dataset|File|Reader|Loader|Archive|Database|Lookup|Folder|Staticfiles|Source|Image)"
)
WRITING = compile_lazily(
    r"(?:to|write|save|dump|export)(?:_\w+)?|savefig|imwrite|imsave|savez\w*|savetxt|tofile|\w+_(?:save|dump|write)"
)
_NEVER = compile_lazily(
    r"builtins\.|os\.path\.|re\.|string\.|logging\.(?!config)|argparse\.|click\.|typing\.|collections\.|itertools\.|functools\.|time\.|datetime\."
    r"|urllib\.|http\.|webbrowser\.|requests\.|importlib\.(?!resources)|unittest\.|warnings\.|struct\.|math\.|random\.|json\.loads|clustrix"
)


def opener_of(name: str) -> Opener | None:
    """What an external function does with a path; None if it is no opener. Third-party functions are told by their names."""
    known = BY_NAME.get(name)
    if known is not None:
        return known
    if _NEVER.match(name):
        return None
    last = name.rpartition(".")[2]
    if _READING.fullmatch(last):
        return _GENERIC_LOAD
    if WRITING.fullmatch(last):
        return _GENERIC_WRITE
    return None


_GENERIC_LOAD = Opener(
    LOAD,
    names=(
        "path", "filepath", "filepath_or_buffer", "path_or_buf", "io", "file", "fname", "filename", "source", "src", "path_or_file", "fp", "uri",
        "filename_or_obj", "paths", "input", "input_file", "model_path", "root", "root_dir", "data_dir", "data_files", "directory", "folder",
        "searchpath", "template_folder", "static_folder", "config_path", "pretrained_model_name_or_path", "grammar_filename",
    ),
)  # fmt: skip
_GENERIC_WRITE = Opener(
    WRITE,
    names=("path", "path_or_buf", "filepath", "fname", "filename", "file", "excel_writer", "buf", "fp", "path_or_buffer", "f"),
)

LAST_NAMES = frozenset({name.rpartition(".")[2] for name in (*BY_NAME, *RESOURCES)} | set(PATH_METHODS))
"""Last names of everything known here."""


@lru_cache(maxsize=4096)
def may_open(last_name: str) -> bool:
    """Whether a callee of that last name can be an opener, by any rule here."""
    return last_name in LAST_NAMES or bool(_READING.fullmatch(last_name) or WRITING.fullmatch(last_name))


def is_opener(name: str) -> bool:
    """Whether a function of that full name, which is not the user's own, is one by any rule here."""
    owner, _, _ = name.rpartition(".")
    return name in RESOURCES or opener_of(name) is not None or is_path_class(owner)


def opens_its_first(name: str) -> bool:
    """Whether a function opens its first positional argument and no other: the likes of ``open(path, mode)``."""
    opener = BY_NAME.get(name)
    return opener is not None and opener.mode >= 0


def is_plausible(shape: CallShape) -> bool:
    """Whether a call of such a name looks as if it did anything with a path."""
    name = shape.name
    deed = PATH_METHODS.get(name) if shape.is_method else None
    if shape.starred:
        return True
    if deed is None:
        return (shape.given and shape.textual) or name in _WITHOUT_ARGUMENTS
    if deed == COPY:  # `Path.replace(target)`; `text.replace(old, new)`, `items.copy()`
        return shape.given and not (shape.of_unknown and shape.positional > 1 and name in _COMMON)
    return not (shape.of_unknown and shape.positional > 0 and name in _COMMON)


_WITHOUT_ARGUMENTS = frozenset(name.rpartition(".")[2] for name, opener in BY_NAME.items() if opener.deed in (LIST, WALK))
"""Functions that take the working directory where they are given nothing."""

_COMMON = frozenset({"replace", "rename", "group", "owner"})
"""Methods of paths that other things have with more arguments."""
