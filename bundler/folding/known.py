"""Functions of the standard library whose results fold: ``os.path``, ``pathlib``, ``glob``, builtins over collections."""

from __future__ import annotations

from collections.abc import Callable

from clustrix_bundle.bundler.folding import formatting, methods, pattern
from clustrix_bundle.bundler.folding.arguments import Arguments
from clustrix_bundle.bundler.folding.command_words import split_words
from clustrix_bundle.bundler.folding.foreign_names import is_path_class
from clustrix_bundle.bundler.folding.value import (
    ANY,
    ANY_NUMBER,
    ENV,
    HOME,
    OPEN,
    STAR,
    TEMP,
    UNKNOWN,
    Alternatives,
    Constant,
    External,
    Function,
    Mapping,
    Number,
    Sequence,
    Text,
    Value,
    as_text,
    distinct,
    generalise,
    hole,
    is_none,
    items_of,
    literal,
)

_ARGUMENTS_LIMIT = 256

FIELDS = frozenset(
    {"dataclasses.field", "attr.ib", "attr.field", "attrs.field", "pydantic.Field", "pydantic.fields.Field", "msgspec.field"}
)
"""Functions that stand for a field's default in a class body."""


def call(name: str, arguments: Arguments) -> Alternatives | None:
    """The result of an external function; None for one that is not known here."""
    if is_path_class(name):
        return _path(arguments)
    function = FUNCTIONS.get(name)
    return function(arguments) if function else _FIXED.get(name)


def uses_arguments(name: str) -> bool:
    """Whether the result of an external function depends on what it is given."""
    return name in FUNCTIONS or is_path_class(name)


def _texts(group: Alternatives | None) -> list[Text]:
    """Texts among the alternatives; None is left out, as no path operation takes it."""
    values = group if group is not None else OPEN
    return [as_text(value) for value in values[:_ARGUMENTS_LIMIT] if not is_none(value)] or [hole(ANY)]


def _join(arguments: Arguments, *, path: bool = False) -> Alternatives:
    found: list[Text] = []
    groups = [_texts(group) for group in arguments.positional]
    if not groups:
        found = [Text(())] if not arguments.more else _texts(arguments.more)
    else:
        found = groups[0]
        for group in groups[1:]:
            many = len(found) * len(group) > 4 * _ARGUMENTS_LIMIT
            others = [as_text(value) for value in generalise(tuple(group))] if many else group
            found = [pattern.join(one, other) for one in found for other in others]
    if arguments.more and groups:
        rest = _texts(arguments.more)
        found = (
            found
            + [pattern.join(one, other) for one in found for other in rest]
            + [pattern.join(one, hole(ANY)) for one in found]
        )
    return distinct(Text(one.parts, path, one.anchored) for one in found)


def _path(arguments: Arguments) -> Alternatives:
    if not arguments.positional and not arguments.more:
        return (Text((".",), path=True),)
    return distinct(pattern.spelled(one) for one in _join(arguments, path=True) if isinstance(one, Text))


def _each_path(transform: Callable[[Text], Text]) -> Callable[[Arguments], Alternatives]:
    def apply(arguments: Arguments) -> Alternatives:
        return distinct(transform(one) for one in _texts(arguments.get(0, "path", "filename", "p")))

    return apply


def _split(arguments: Arguments) -> Alternatives:
    paths = _texts(arguments.get(0, "p"))
    return distinct(Sequence(((pattern.dirname(one),), (pattern.basename(one),))) for one in paths)


def _splitext(arguments: Arguments) -> Alternatives:
    return distinct(Sequence(tuple((part,) for part in pattern.split_extension(one))) for one in _texts(arguments.get(0, "p")))


def _relpath(arguments: Arguments) -> Alternatives:
    start = arguments.get(1, "start")
    if start is None:
        return distinct(pattern.normal(one) for one in _texts(arguments.get(0, "path")))
    found: list[Value] = []
    for one in _texts(arguments.get(0, "path")):
        found.extend(methods.call_text(one, "relative_to", Arguments([start])))
    return distinct(Text(value.parts) if isinstance(value, Text) else value for value in found)


def _string(arguments: Arguments) -> Alternatives:
    group = arguments.get(0, "object", "path")
    if group is None:
        return (literal(""),)
    return distinct(Text(as_text(value).parts, False, as_text(value).anchored) for value in group)


def _itself(arguments: Arguments) -> Alternatives:
    return arguments.get(0) or OPEN


def _sequence(arguments: Arguments) -> Alternatives:
    group = arguments.get(0, "iterable")
    if group is None:
        return (Sequence(),)
    return distinct(value if isinstance(value, Sequence) else Sequence((), items_of(value)) for value in group)


def _sorted(arguments: Arguments) -> Alternatives:
    """Positions are lost."""
    found: list[Value] = []
    for value in _sequence(arguments):
        assert isinstance(value, Sequence)
        single = len(value.items) == 1 and not value.more
        found.append(value if single else Sequence((), items_of(value)))
    return distinct(found)


def _mapping(arguments: Arguments) -> Alternatives:
    pairs: list[tuple[Alternatives, Alternatives]] = []
    more: Alternatives = arguments.open_keywords
    for value in arguments.get(0) or () if arguments.positional else ():
        if isinstance(value, Mapping):
            pairs += value.items
            more = distinct([*more, *value.more])
        elif isinstance(value, Sequence):
            for item in items_of(value):
                if isinstance(item, Sequence) and len(item.items) == 2:
                    pairs.append((item.items[0], item.items[1]))
                else:
                    more = distinct([*more, UNKNOWN])
        else:
            more = distinct([*more, UNKNOWN])
    pairs += [((literal(name),), group) for name, group in arguments.keywords.items()]
    return (Mapping(tuple(pairs), more),)


def _chained(arguments: Arguments) -> Alternatives:
    maps = [one for group in arguments.positional for one in _mapping(Arguments([group])) if isinstance(one, Mapping)]
    more = distinct([*(value for one in maps for value in one.more), *(UNKNOWN for _ in arguments.more[:1])])
    return (Mapping(tuple(pair for one in maps for pair in one.items), more),)


def _default_mapping(arguments: Arguments) -> Alternatives:
    return _mapping(Arguments(arguments.positional[1:], (), arguments.keywords, arguments.open_keywords))


def _any_item(arguments: Arguments) -> Alternatives:
    if len(arguments.positional) > 1:
        return arguments.rest(0)
    found = distinct(item for value in arguments.get(0) or OPEN for item in items_of(value))
    default = arguments.get(None, "default")
    return distinct([*found, *(default or ())]) or OPEN


def _next(arguments: Arguments) -> Alternatives:
    found = [item for value in arguments.get(0) or OPEN for item in items_of(value)]
    return distinct([*found, *(arguments.positional[1] if len(arguments.positional) > 1 else ())]) or OPEN


def _enumerate(arguments: Arguments) -> Alternatives:
    found: list[Value] = []
    for value in arguments.get(0, "iterable") or OPEN:
        found += [Sequence(((ANY_NUMBER,), (item,))) for item in items_of(value)]
    return (Sequence((), distinct(found)),)


def _zip(arguments: Arguments) -> Alternatives:
    groups = [distinct(item for value in group for item in items_of(value)) for group in arguments.positional]
    return (Sequence((), (Sequence(tuple(groups), arguments.more),)),)


def _chain(arguments: Arguments) -> Alternatives:
    return (
        Sequence((), distinct(item for group in arguments.positional for value in group for item in items_of(value)) or OPEN),
    )


def _chain_iterable(arguments: Arguments) -> Alternatives:
    outer = [item for value in arguments.get(0) or OPEN for item in items_of(value)]
    return (Sequence((), distinct(item for value in outer for item in items_of(value))),)


def _product(arguments: Arguments) -> Alternatives:
    return _zip(arguments)


def _range(arguments: Arguments) -> Alternatives:
    numbers = [group[0].value if len(group) == 1 and isinstance(group[0], Number) else None for group in arguments.positional]
    known = [number for number in numbers if number is not None]
    if len(known) == len(numbers) and 1 <= len(known) <= 3 and (len(known) < 3 or known[2]):
        span = range(*known)
        if len(span) <= 512:
            return (Sequence(tuple((Number(number),) for number in span)),)
    return (Sequence((), (ANY_NUMBER,)),)


def _filter(arguments: Arguments) -> Alternatives:
    return (Sequence((), distinct(item for value in arguments.get(1) or OPEN for item in items_of(value))),)


def _getenv(arguments: Arguments) -> Alternatives:
    default = arguments.get(1, "default")
    kept = [value for value in default or () if not is_none(value)]
    return distinct([*kept, hole(ENV)])


def _glob(arguments: Arguments) -> Alternatives:
    roots = arguments.get(None, "root_dir")
    found: list[Value] = []
    for one in _texts(arguments.get(0, "pathname")):
        # With root_dir the names are relative to it: what opens them joins them to it again.
        name = pattern.from_glob(one)
        found.append(name if roots is None else Text(name.parts))
    return (Sequence((), distinct(found)),)


def _scandir(arguments: Arguments) -> Alternatives:
    entries: list[Value] = []
    for one in _texts(arguments.get(0, "path")) if arguments.positional or arguments.keywords else [literal(".")]:
        full = pattern.join(one, hole(STAR))
        entries.append(Mapping((((literal("name"),), (hole(STAR),)), ((literal("path"),), (full,)))))
    return (Sequence((), tuple(entries)),)


def _walk(arguments: Arguments) -> Alternatives:
    found: list[Value] = []
    for one in _texts(arguments.get(0, "top")):
        found += methods.walked(one)
    return distinct(item for value in found for item in ([value] if isinstance(value, Sequence) else []))


def _iter_modules(arguments: Arguments) -> Alternatives:
    prefixes = _texts(arguments.get(1, "prefix")) if arguments.get(1, "prefix") else [literal("")]
    entries: list[Value] = []
    for prefix in prefixes:
        name = formatting.concatenate((prefix,), (hole(STAR),))
        finder, is_package = (External("pkgutil.iter_modules().module_finder"),), (External("builtins.bool()"),)
        info = Mapping((((literal("name"),), name), ((literal("module_finder"),), finder), ((literal("ispkg"),), is_package)))
        entries += [info, Sequence((finder, name, is_package))]
    return (Sequence((), tuple(entries)),)


def _cast(arguments: Arguments) -> Alternatives:
    return arguments.get(1, "val") or OPEN


def _map(arguments: Arguments) -> Alternatives:
    """``map(str, xs)``, ``map(Path, xs)``: the items, made paths where the function makes paths."""
    functions = arguments.get(0) or OPEN
    items = distinct(item for value in arguments.get(1) or OPEN for item in items_of(value))
    found: list[Value] = []
    for function in functions:
        name = getattr(function, "name", "")
        if isinstance(function, Function) or not isinstance(name, str):
            return (Sequence((), OPEN),)
        for item in items:
            found += call(name, Arguments([(item,)])) or OPEN
    return (Sequence((), distinct(found)),)


def _reduce(arguments: Arguments) -> Alternatives:
    """``reduce(os.path.join, parts, base)``; other functions give anything."""
    if arguments.get(0) != (External("os.path.join"),):
        return OPEN
    found: list[Value] = []
    for value in arguments.get(1) or OPEN:
        items = [*arguments.positional[2:3], *(value.items if isinstance(value, Sequence) else ())]
        found += _join(Arguments(items, value.more if isinstance(value, Sequence) else OPEN))
    return distinct(found)


def _command(arguments: Arguments) -> Alternatives:
    return distinct(Sequence(tuple((word,) for word in split_words(one))) for one in _texts(arguments.get(0, "s")))


FUNCTIONS: dict[str, Callable[[Arguments], Alternatives]] = {
    "os.path.join": _join,
    "os.path.dirname": _each_path(pattern.dirname),
    "os.path.basename": _each_path(pattern.basename),
    "os.path.abspath": _each_path(pattern.normal),
    "os.path.realpath": _each_path(pattern.normal),
    "os.path.normpath": _each_path(pattern.normal),
    "os.path.normcase": _each_path(lambda one: one),
    "os.path.expanduser": _each_path(methods.expand_user),
    "os.path.expandvars": _each_path(methods.expand_variables),
    "os.path.split": _split,
    "os.path.splitext": _splitext,
    "os.path.relpath": _relpath,
    "os.fspath": _string,
    "os.fsdecode": _string,
    "os.fsencode": _string,
    "os.getenv": _getenv,
    "os.environ.get": _getenv,
    "os.environ.setdefault": _getenv,
    "os.environ.pop": _getenv,
    "glob.glob": _glob,
    "glob.iglob": _glob,
    "glob.escape": _itself,
    "os.scandir": _scandir,
    "os.walk": _walk,
    "os.fwalk": _walk,
    "pkgutil.iter_modules": _iter_modules,
    "pkgutil.walk_packages": _iter_modules,
    "importlib.resources.as_file": _itself,
    "importlib_resources.as_file": _itself,
    "builtins.str": _string,
    "builtins.bytes": _string,
    "builtins.list": _sequence,
    "builtins.tuple": _sequence,
    "builtins.iter": _sequence,
    "builtins.set": _sorted,
    "builtins.frozenset": _sorted,
    "builtins.sorted": _sorted,
    "builtins.reversed": _sorted,
    "collections.deque": _sequence,
    "natsort.natsorted": _sorted,
    "tqdm.tqdm": _sequence,
    "tqdm.auto.tqdm": _sequence,
    "builtins.dict": _mapping,
    "collections.OrderedDict": _mapping,
    "collections.defaultdict": _default_mapping,
    "collections.ChainMap": _chained,
    "types.MappingProxyType": _mapping,
    "types.SimpleNamespace": _mapping,
    "argparse.Namespace": _mapping,
    "builtins.max": _any_item,
    "builtins.min": _any_item,
    "random.choice": _any_item,
    "builtins.next": _next,
    "builtins.enumerate": _enumerate,
    "builtins.zip": _zip,
    "itertools.product": _product,
    "itertools.chain": _chain,
    "itertools.chain.from_iterable": _chain_iterable,
    "itertools.islice": _sorted,
    "itertools.cycle": _sorted,
    "builtins.range": _range,
    "builtins.filter": _filter,
    "builtins.map": _map,
    "typing.cast": _cast,
    "functools.reduce": _reduce,
    "string.Template": _itself,
    "builtins.staticmethod": _itself,
    "joblib.delayed": _itself,
    "dask.delayed": _itself,
    "shlex.split": _command,
    "shlex.quote": _itself,
    "copy.copy": _itself,
    "copy.deepcopy": _itself,
    "sys.intern": _itself,
    "textwrap.dedent": _itself,
    "pathlib.Path.resolve": lambda arguments: distinct(pattern.normal(one) for one in _texts(arguments.get(0))),
    "builtins.int": lambda arguments: (
        tuple(value for value in arguments.get(0) or OPEN if isinstance(value, Number)) or (hole(STAR),)
    ),
}

_FIXED: dict[str, Alternatives] = {
    "os.getcwd": (literal("."),),
    "os.getcwdb": (literal("."),),
    "pathlib.Path.cwd": (Text((".",), path=True),),
    "pathlib.Path.home": (Text((HOME,), path=True),),
    "os.listdir": (Sequence((), (hole(STAR),)),),
    "tempfile.mkdtemp": (hole(TEMP),),
    "tempfile.gettempdir": (hole(TEMP),),
    "tempfile.mktemp": (hole(TEMP),),
    "tempfile.mkstemp": (Sequence((OPEN, (hole(TEMP),))),),
    "tempfile.TemporaryDirectory": (hole(TEMP),),
    "tempfile.NamedTemporaryFile().name": (hole(TEMP),),
    "builtins.repr": OPEN,
    "builtins.len": (ANY_NUMBER,),
    "builtins.bool": (Constant("True"), Constant("False")),
}
"""What functions give whatever they are given."""
