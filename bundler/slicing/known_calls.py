"""What is known of a call from its name alone: what it leaves unchanged, what it changes for the whole process.

The lists decide in one direction each. A call that is named nowhere here is taken to change the object it is called
on and, as a statement of its own, its arguments: keeping a statement too many costs time, dropping one too many changes
answers in silence.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.lazy_pattern import compile_lazily

if TYPE_CHECKING:
    from clustrix_bundle.bundler.facts.model import Expr


def words(text: str) -> frozenset[str]:
    """A set of words from one text."""
    return frozenset(text.split())


REDIRECTIONS = frozenset({"contextlib.redirect_stdout", "contextlib.redirect_stderr"})
"""Context managers that take in what is printed below them."""

OUR_PACKAGES = frozenset({"clustrix_bundle", "clustrix"})
"""Import names that the runtime serves by its shim on the other side."""

_OUR_HARMLESS = frozenset({"cluster", "ClusterConfig", "ClusterFilesystem", "FileInfo", "DiskUsage"})

_NAMES_ONLY_READ = """
    abs all any ascii bin bool bytes callable chr complex dict dir divmod enumerate filter float format frozenset hash help
    hex id int isinstance issubclass len list map max min oct ord pow print property range repr reversed round set slice
    sorted staticmethod classmethod str sum super tuple type zip object memoryview bytearray hasattr getattr iter input open
    vars locals globals display
"""
BUILTINS_THAT_READ = frozenset(_NAMES_ONLY_READ.split())
"""Builtins (and IPython's ``display``) that leave their arguments as they are."""

BUILTINS_THAT_MAKE = BUILTINS_THAT_READ - frozenset(
    {"iter", "max", "min", "getattr", "map", "filter", "zip", "enumerate", "reversed", "vars", "memoryview"}
)
"""Those whose result shares no mutable part with an argument at its top level."""

_METHODS_THAT_READ = """
    items keys values get copy deepcopy index count join split rsplit splitlines strip lstrip rstrip format format_map encode
    decode upper lower title capitalize casefold swapcase startswith endswith replace find rfind partition rpartition zfill
    isdigit isalpha isalnum isnumeric islower isupper isspace ljust rjust center expandtabs removeprefix removesuffix
    union intersection difference symmetric_difference issubset issuperset isdisjoint most_common elements hex
    mean std var sum min max median argmin argmax argsort any all prod cumsum cumprod dot tolist astype item nonzero
    head tail describe info groupby agg aggregate merge join query isna isnull notna dropna fillna sort_values nunique unique
    value_counts corr cov quantile to_csv to_json to_excel to_parquet to_pickle to_numpy to_list to_dict to_string
    to_html to_markdown to_sql plot hist boxplot scatter predict predict_proba score transform evaluate summary
    exists is_file is_dir resolve absolute as_posix with_suffix with_name joinpath relative_to glob rglob iterdir stat
    read_text read_bytes isoformat strftime timestamp total_seconds date weekday group groups span match search fullmatch
    debug info warning warn error exception critical log isEnabledFor getEffectiveLevel hasHandlers
    savefig show draw _repr_html_ cache_info bit_length is_integer conjugate print_help print_usage format_help
"""
METHODS_THAT_READ = frozenset(_METHODS_THAT_READ.split())
"""Methods that leave the object they are called on as it is, whichever common type has them."""

COPIERS = words("list tuple set frozenset dict sorted copy.copy collections.deque collections.OrderedDict collections.UserDict")
"""Calls whose result is a new object with the same content."""

METHODS_THAT_MAKE = words(
    "copy deepcopy __new__ __call__ join split rsplit splitlines format encode decode tolist astype to_dict to_list to_json isoformat strftime submit"
)
"""Methods whose result shares no mutable part with the object."""

_MUTATORS = compile_lazily(
    r"""shuffle|heap(ify|push|pop|replace|pushpop)|insort(_left|_right)?|copyto|put|putmask|place|fill_diagonal|at|next|setattr|delattr|exec
    |(add|append|extend|insert|update|set|register|unregister|patch|install|attach|bind|connect|apply|setup|init|configure|reset|clear|pop|remove|discard)(_.*)?
    |readinto|pack_into|.*[a-z0-9]_|sort|reverse|load_state_dict|fit|partial_fit|fit_transform|train|step|backward|compile|freeze""",
    re.VERBOSE,
)
_CHANGERS = compile_lazily(
    r"shuffle|heap(ify|push|pop|replace|pushpop)|insort(_left|_right)?|copyto|put|putmask|place|fill_diagonal|at|next|setattr|delattr"
)
_IN_PLACE_KEYWORDS = frozenset({"inplace", "out", "overwrite_a", "overwrite_b", "overwrite_x"})

_OUTPUT = compile_lazily(
    r"print.*|pprint|pp|display|echo|secho|show|plot.*|savefig|save.*|dump|dumps|write.*|to_csv|debug|info|warning|warn|error|exception|critical|log"
    r"|sleep|flush|assert_.*|imsave|imshow|scatter|hist|figure|title|legend|perf_counter|time|progress_apply"
)
"""Last part of calls that bring something out, wait or check: dropping one changes no answer of the function."""

_MAKERS = words(
    """
    math cmath json os re time statistics numpy scipy pandas glob shutil random string datetime hashlib pickle csv struct textwrap urllib
    requests decimal fractions pathlib platform uuid base64 zlib gzip socket secrets getpass locale
    """
)
_ITERATORS = words("iter map filter zip enumerate reversed open csv.reader csv.DictReader os.scandir os.walk io.open")
ITERATOR_MAKERS = frozenset(name.rpartition(".")[2] for name in _ITERATORS)
"""Last names of what gives an iterator, besides all of itertools."""
_LIVE = frozenset({"queue", "multiprocessing", "threading", "asyncio", "concurrent", "sched", "shelve", "sqlite3", "socket"})
_LOOKS = words("isinstance issubclass type len print repr id callable hasattr getattr bool display hash")
_MUTATING = words(
    "append appendleft add extend extendleft update insert pop popleft popitem remove discard setdefault clear put put_nowait write"
    " writelines push register send set __setitem__ __delitem__ sort reverse"
)
_KEEPS_AS_IT_IS = words("append appendleft add insert put put_nowait push setdefault register set submit")
_PUTS = _MUTATING - {"send", "write", "writelines", "set"}
_CONTAINERS = frozenset({"collections", "queue", "array", "heapq"})
_ASKS = words(
    "qsize empty full is_set locked is_alive done running cancelled getvalue tell fileno isatty readable writable seekable"
)
_SHOWS = compile_lazily(r"save.*|plot.*|show.*|display|imshow|hist|scatter|figure|title|legend|sleep|assert_.*")
_FILLS = compile_lazily(r"shuffle|readinto1?|\w+_into")
LOG_METHODS = words("debug info warning warn error exception critical log handle")
"""Methods of loggers that their handlers hear of."""
_VIEWS = words(
    "asarray asanyarray ascontiguousarray asfortranarray require frombuffer from_dlpack as_strided sliding_window_view diagonal real imag"
    " writer reader open flip fliplr flipud rot90 split array_split hsplit vsplit dsplit expand_dims rollaxis nditer nan_to_num ravel reshape atleast_1d atleast_2d atleast_3d squeeze transpose broadcast_to swapaxes moveaxis view"
)

_HOUSEKEEPING = words(
    """
    os.remove os.unlink os.rmdir os.removedirs os.rename os.replace os.system os.popen os.startfile os.kill
    shutil.rmtree shutil.move
    """
)
_PROGRAM_STARTERS = frozenset({"subprocess", "webbrowser", "pdb", "getpass", "code", "readline", "timeit", "cProfile", "profile"})
_EXITS = frozenset({"sys.exit", "os._exit", "os.abort", "exit", "quit", "builtins.exit", "builtins.quit"})

_DRAWING = frozenset(
    {"matplotlib", "seaborn", "plotly", "bokeh", "altair", "IPython", "ipywidgets", "pprint", "rich", "tqdm", "pylab"}
)
_SINKS = _DRAWING | {"sqlite3", "csv", "open", "io", "gzip", "bz2", "lzma", "zipfile", "tarfile", "json", "pickle", "socket"}
_DRAWING_SETTINGS = compile_lazily(
    r"use|rc|rcdefaults|rc_file|rc_params|ion|ioff|switch_backend|set.*|register.*|config.*|style|activate|update|reset.*"
)

MOVES = frozenset(["os.chdir", "os.fchdir"])
"""What changes the working directory."""
PROCESS_WIDE = words(
    """
    os sys warnings locale gc logging random decimal builtins socket faulthandler resource codecs copyreg mimetypes
    multiprocessing asyncio csv time site gettext
    """
)
"""Standard modules whose settings reach code that never names them: their settings are kept wherever they stand."""

_SETTING = compile_lazily(
    r"""(manual_)?seed(_.*)?|.*_seed(_.*)?|set.*|use|filterwarnings|simplefilter|resetwarnings|basicConfig|dictConfig|fileConfig|captureWarnings
    |enable.*|disable.*|register.*|unregister.*|add.*|install.*|config.*|chdir|fchdir|umask|putenv|unsetenv|tzset|insert|append|extend|update
    |pop|remove|clear|setdefault|switch_backend|rc|init.*|reload|patch.*|activate.*|freeze|seterr|reset.*|stack_size|field_size_limit|reconfigure
    |invalidate_caches|load_dotenv|setup|import_plugins""",
    re.VERBOSE,
)
_SETTINGS_BY_NAME = frozenset(
    {"signal.signal", "signal.alarm", "copyreg.pickle", "tracemalloc.start", "sys.settrace", "sys.setprofile"}
)
_SEED = compile_lazily(r"(manual_)?seed(_all|_everything)?|manual_seed_all|set_(random_)?seed|random_seed|set_?state")
_PATCHES = compile_lazily(r"(monkey_?)?patch(_.*)?|inject.*|install_(as|import).*|import_plugins|initialize|pandas")
_DRESSES = compile_lazily(r"set.*|reset.*|rc.*|use|style")
_REACHES = {"seaborn": "matplotlib", "scienceplots": "matplotlib", "mplhep": "matplotlib", "sklearnex": "sklearn"}
"""Installed packages whose settings are another's."""
_FOR_PEOPLE = frozenset(
    {"sys.excepthook", "sys.displayhook", "sys.ps1", "sys.ps2", "threading.excepthook", "faulthandler.enable"}
)
_TELLS_PEOPLE = frozenset({"logging", "faulthandler", "gc", "argparse", "logger", "tqdm", "rich"})
_LOOKS_ONLY = (
    "verbosity",
    "set_loglevel",
    "freeze_support",
    "log_to_stderr",
    "sys.stdout.reconfigure",
)
_WARNING_FILTERS = frozenset({"warnings.filterwarnings", "warnings.simplefilter"})
_USERS = {
    "multiprocessing": words("multiprocessing concurrent"),
    "gettext": words("gettext"),
    "copyreg": words("copyreg pickle copy shelve multiprocessing concurrent"),
}
_USED_BY_NAME = words("random decimal asyncio csv socket mimetypes resource time")
_DRAWS_FROM = ("random.", "numpy.random.")


_HOLDS_FUNCTIONS = compile_lazily(
    r"partial(method)?|wraps|update_wrapper|lru_cache|cache|signature|getsource|getfile|help|id|repr|str|print|append|add|insert|extend|setdefault"
    r"|update|connect|singledispatch|staticmethod|classmethod|property|vectorize|n?jit|isinstance|issubclass|callable|type|hasattr|getattr|setattr"
    r"|field|defaultdict|dumps?|local|delayed|memoize|frompyfunc|list|tuple|dict|set|len|zip|enumerate"
)


STARTED = frozenset(
    {"threading.Thread", "threading.Timer", "multiprocessing.Process", "_thread.start_new_thread", "multiprocessing.Pool"}
)
"""What runs beside the program once it is made and started."""


def submits(name: str) -> bool:
    """Whether calling this name of our package submits, builds, connects or configures, rather than acts in a job too."""
    return not (name in _OUR_HARMLESS or name.startswith("cluster_") or name.endswith(("Error", "Warning")))


def is_exit(dotted: str) -> bool:
    """Whether the call ends the process."""
    return dotted in _EXITS


def reads_client(dotted: str) -> bool:
    """Whether the call asks the person or the command line that started the client."""
    return dotted in {"input", "getpass.getpass", "builtins.input"}


def changes_argument(dotted: str, keywords: frozenset[str], *, discarded: bool) -> bool:
    """Whether a call into an installed package may change what it is given.

    ``discarded``: its result is not used, so that it stands there for an effect.
    """
    if keywords & _IN_PLACE_KEYWORDS or dotted in REDIRECTIONS:
        return True
    root, _, _ = dotted.partition(".")
    last = dotted.rpartition(".")[2]
    if root in _DRAWING or _OUTPUT.fullmatch(last):
        return False
    return discarded or bool(_MUTATORS.fullmatch(last))


def surely_changes_argument(dotted: str, keywords: frozenset[str]) -> bool:
    """Whether the name of a call says that it changes what it is given, and not only takes it: ``heappush(xs, 1)``, ``out=xs``."""
    return bool(keywords & _IN_PLACE_KEYWORDS or _CHANGERS.fullmatch(dotted.rpartition(".")[2]))


def method_changes(name: str, keywords: frozenset[str] = frozenset()) -> bool:
    """Whether a method of this name may change the object that it is called on."""
    return name not in METHODS_THAT_READ or "inplace" in keywords


def method_acts(name: str, arguments: int, makers: frozenset[str]) -> bool:
    """Whether a method that reads by its name does more here: ``queue.get()``, ``thread.join()``, anything of a live object.

    ``makers`` are the dotted names of installed functions and classes that may have made the object.
    """
    return (name in ("get", "join") and not arguments) or any(maker.partition(".")[0] in _LIVE for maker in makers)


def method_acts_on_content(name: str, makers: frozenset[str]) -> bool:
    """Whether a method that can't be read may change what its object was given before, or run functions that it was given.

    ``makers`` are the dotted names of installed functions and classes that may have made the object.
    """
    roots = {maker.partition(".")[0] for maker in makers}
    if roots & _DRAWING or _SHOWS.fullmatch(name) or name in _ASKS:
        return False
    if "logging" in roots and name in LOG_METHODS:
        return True
    return name not in METHODS_THAT_READ and (
        name not in _PUTS or not {maker.partition(".")[0] for maker in makers if "." in maker} <= _CONTAINERS
    )


def method_puts_in(name: str) -> bool:
    """Whether a method only keeps an argument as it is: ``xs.append(item)``."""
    return name in _KEEPS_AS_IT_IS


def only_takes_data(makers: frozenset[str]) -> bool:
    """Whether objects that these have made write down the values that they are given, and never change them."""
    return bool(makers) and all(maker.partition(".")[0] in _SINKS for maker in makers)


def method_changes_arguments(name: str) -> bool:
    """Whether the name of a method says that it changes what it is given: ``rng.shuffle(xs)``, ``file.readinto(buffer)``."""
    return bool(_FILLS.fullmatch(name))


def method_takes_in(name: str) -> bool:
    """Whether a method of this name may store or change its arguments: ``xs.append(item)``."""
    return name not in METHODS_THAT_READ


def makes_iterator(dotted: str) -> bool:
    """Whether the result of a call is an iterator, which whatever goes through it uses up."""
    return dotted in _ITERATORS or dotted.startswith("itertools.")


def uses_up(builtin: str) -> bool:
    """Whether a builtin goes through an iterator that it is given."""
    return builtin not in _LOOKS


def is_mutator(method: str) -> bool:
    """Whether a method of this name changes its object, whoever calls it."""
    return method in _MUTATING


def makes_anew(dotted: str) -> bool:
    """Whether the result of a call into an installed package, or of a builtin, shares no mutable part with its arguments."""
    root, _, rest = dotted.partition(".")
    last = dotted.rpartition(".")[2]
    if not rest:
        return dotted in BUILTINS_THAT_MAKE
    return root in _MAKERS and not last[0].isupper() and last not in _VIEWS


def is_output(dotted: str) -> bool:
    """Whether the call only brings something out, waits, checks, starts a program or tidies up files."""
    root = dotted.partition(".")[0]
    last = dotted.rpartition(".")[2]
    if root in _DRAWING:
        return not reached_by(dotted) and not any(_DRAWING_SETTINGS.fullmatch(part) for part in dotted.split(".")[1:] or [last])
    return dotted in _HOUSEKEEPING or root in _PROGRAM_STARTERS or (bool(_OUTPUT.fullmatch(last)) and root != last)


def is_setting(dotted: str) -> bool:
    """Whether the name of the call says that it changes state of its module: ``seed``, ``filterwarnings``, ``set_…``."""
    return dotted in _SETTINGS_BY_NAME or any(_SETTING.fullmatch(part) for part in dotted.split(".")[1:])


def reached_by(dotted: str) -> str:
    """The top-level package whose behaviour a setting of an installed package changes besides its own; ``*`` for any, empty for none."""
    root, _, rest = dotted.partition(".")
    last = rest.rpartition(".")[2]
    if is_standard(root):
        return ""
    if root in _REACHES:
        return _REACHES[root] if _DRESSES.fullmatch(last) else ""
    return "pandas" if last == "pandas" else "*" if _PATCHES.fullmatch(last) else ""


def remedy_of(setting: str) -> str:
    """What to do about a setting under the main guard that must not stand above it; empty where that is no harm."""
    if setting != "multiprocessing.set_start_method":
        return ""
    return "use `multiprocessing.get_context(…)` in the function (above the guard it would fail in the processes that it starts)"


def needs_one_of(root: str) -> frozenset[str]:
    """Modules without which settings of a standard module matter to nobody; empty where they always do."""
    return _USERS.get(root, frozenset())


def is_for_people(dotted: str) -> bool:
    """Whether it changes only what people see at a prompt or when a program fails."""
    return dotted in _FOR_PEOPLE


def answers_depend_on(setting: str, values: tuple[Expr, ...]) -> bool:
    """Whether what a function gives may depend on a setting: one that is no output, no log, no ignored warning.

    ``setting`` ends with ``=`` where it is an assignment; ``values`` are the arguments of a call.
    """
    dotted = setting.rstrip("=")
    tells = dotted.partition(".")[0] in _TELLS_PEOPLE and not reached_by(dotted)
    if is_for_people(dotted) or tells or dotted.endswith(_LOOKS_ONLY):
        return False
    if dotted in _WARNING_FILTERS:
        return not values or values[0][0] != "str" or values[0][1] == "error"
    return setting.endswith("=") or is_setting(dotted) or is_seed(dotted) or bool(reached_by(dotted))


def reaches_only_users(root: str) -> bool:
    """Whether settings of a standard module matter to code that imports it, or to what is installed, and to no other."""
    return root in _USED_BY_NAME


def is_seed(dotted: str) -> bool:
    """Whether it seeds a random generator: installed packages draw from each other's."""
    return bool(_SEED.fullmatch(dotted.rpartition(".")[2]))


def draws(dotted: str) -> bool:
    """Whether it draws from a global random generator and so moves every later draw."""
    return dotted.startswith(_DRAWS_FROM) and dotted.rpartition(".")[2] not in {
        "Random",
        "SystemRandom",
        "default_rng",
        "RandomState",
        "Generator",
    }


def is_registering(dotted: str) -> bool:
    """Whether a decorator of an installed package stores what it decorates: ``@pd.api.extensions.register_…``."""
    return any(part.startswith(("register", "add_")) or part.endswith(("_hook", "_register")) for part in dotted.split(".")[1:])


def runs_arguments(name: str) -> bool:
    """Whether a call of this name (its last part) may run functions that it is given, now or at exit."""
    return not _HOLDS_FUNCTIONS.fullmatch(name)


def is_standard(root: str) -> bool:
    """Whether a top-level import name belongs to the standard library."""
    return root in sys.stdlib_module_names
