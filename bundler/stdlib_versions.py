"""When modules and names of the standard library came and went, between Python 3.6 and 3.14.

From what the interpreters themselves hold (``tests/bundler/test_stdlib_versions.py`` compares again), names with a use outside
their module only. Numbers are minor versions of Python 3.
"""

from __future__ import annotations

from collections.abc import Mapping

MODULE_SINCE: Mapping[str, int] = {
    "contextvars": 7,
    "dataclasses": 7,
    "importlib.resources": 7,
    "importlib.metadata": 8,
    "multiprocessing.shared_memory": 8,
    "graphlib": 9,
    "zoneinfo": 9,
    "tomllib": 11,
    "wsgiref.types": 11,
    "annotationlib": 14,
    "compression": 14,
    "concurrent.interpreters": 14,
    "string.templatelib": 14,
}
"""First version that has the module."""

MODULE_UNTIL: Mapping[str, int] = {
    "macpath": 8,
    "dummy_threading": 9,
    "formatter": 10,
    "parser": 10,
    "symbol": 10,
    "binhex": 11,
    "asynchat": 12,
    "asyncore": 12,
    "distutils": 12,
    "imp": 12,
    "smtpd": 12,
    "aifc": 13,
    "audioop": 13,
    "cgi": 13,
    "cgitb": 13,
    "chunk": 13,
    "crypt": 13,
    "imghdr": 13,
    "lib2to3": 13,
    "mailcap": 13,
    "nis": 13,
    "nntplib": 13,
    "ossaudiodev": 13,
    "pipes": 13,
    "sndhdr": 13,
    "spwd": 13,
    "sunau": 13,
    "telnetlib": 13,
    "uu": 13,
    "xdrlib": 13,
}
"""First version that no longer has the module."""

_NAME_SINCE: Mapping[str, Mapping[int, str]] = {
    "abc": {10: "update_abstractmethods"},
    "argparse": {9: "BooleanOptionalAction"},
    "ast": {
        8: "NamedExpr TypeIgnore get_source_segment type_ignore",
        9: "unparse",
        10: "Match MatchAs MatchClass MatchMapping MatchOr MatchSequence MatchSingleton MatchStar MatchValue match_case pattern",
        11: "TryStar",
        12: "ParamSpec TypeAlias TypeVar TypeVarTuple type_param",
    },
    "asyncio": {
        7: "BufferedProtocol SendfileNotAvailableError all_tasks create_task current_task get_running_loop run",
        8: "MultiLoopChildWatcher ThreadedChildWatcher",
        9: "PidfdChildWatcher to_thread",
        11: "Barrier BrokenBarrierError Runner TaskGroup Timeout timeout timeout_at",
        12: "create_eager_task_factory eager_task_factory",
        13: "EventLoop QueueShutDown",
    },
    "base64": {10: "b32hexdecode b32hexencode", 13: "z85decode z85encode"},
    "calendar": {12: "APRIL AUGUST DECEMBER Day FEBRUARY JANUARY JULY JUNE MARCH MAY Month NOVEMBER OCTOBER SEPTEMBER"},
    "collections.abc": {12: "Buffer"},
    "concurrent.futures": {7: "BrokenExecutor", 14: "InterpreterPoolExecutor"},
    "configparser": {13: "MultilineContinuationError UNNAMED_SECTION"},
    "contextlib": {7: "AbstractAsyncContextManager AsyncExitStack asynccontextmanager nullcontext", 10: "aclosing", 11: "chdir"},
    "copy": {13: "replace"},
    "csv": {12: "QUOTE_NOTNULL QUOTE_STRINGS"},
    "dataclasses": {10: "KW_ONLY"},
    "datetime": {11: "UTC"},
    "decimal": {7: "HAVE_CONTEXTVAR"},
    "enum": {
        11: "CONFORM CONTINUOUS EJECT EnumCheck EnumType FlagBoundary KEEP NAMED_FLAGS ReprEnum STRICT StrEnum UNIQUE global_enum member nonmember property verify",
        13: "EnumDict",
    },
    "functools": {8: "cached_property singledispatchmethod", 9: "cache", 14: "Placeholder"},
    "gettext": {8: "dnpgettext dpgettext npgettext pgettext"},
    "glob": {13: "translate"},
    "gzip": {8: "BadGzipFile"},
    "hashlib": {11: "file_digest"},
    "hmac": {7: "digest"},
    "http": {11: "HTTPMethod"},
    "importlib.metadata": {10: "PackageMetadata packages_distributions"},
    "importlib.resources": {9: "as_file files", 10: "ResourceReader", 13: "Anchor"},
    "inspect": {
        9: "ClassFoundException",
        10: "get_annotations",
        11: "getmembers_static ismethodwrapper",
        12: "AGEN_CLOSED AGEN_CREATED AGEN_RUNNING AGEN_SUSPENDED BufferFlags getasyncgenlocals getasyncgenstate markcoroutinefunction",
    },
    "io": {8: "open_code", 10: "text_encoding"},
    "itertools": {10: "pairwise", 12: "batched"},
    "keyword": {9: "issoftkeyword softkwlist"},
    "logging": {11: "getLevelNamesMapping", 12: "getHandlerByName getHandlerNames"},
    "math": {7: "remainder", 8: "comb dist isqrt perm prod", 9: "lcm nextafter ulp", 11: "cbrt exp2", 12: "sumprod", 13: "fma"},
    "multiprocessing": {8: "parent_process"},
    "operator": {11: "call"},
    "os.path": {12: "isjunction splitroot", 13: "isdevdrive"},
    "pathlib": {13: "UnsupportedOperation"},
    "platform": {
        8: "win32_edition win32_is_iot",
        10: "freedesktop_os_release",
        13: "AndroidVer IOSVersionInfo android_ver ios_ver",
    },
    "pprint": {8: "pp"},
    "queue": {7: "SimpleQueue", 13: "ShutDown"},
    "random": {9: "randbytes", 12: "binomialvariate"},
    "re": {7: "Match Pattern", 11: "NOFLAG", 13: "PatternError"},
    "shlex": {8: "join"},
    "statistics": {
        8: "NormalDist fmean geometric_mean multimode quantiles",
        10: "correlation covariance linear_regression",
        13: "kde kde_random",
    },
    "threading": {
        8: "ExceptHookArgs excepthook get_native_id",
        10: "getprofile gettrace",
        12: "setprofile_all_threads settrace_all_threads",
    },
    "types": {
        7: "ClassMethodDescriptorType MethodDescriptorType MethodWrapperType WrapperDescriptorType resolve_bases",
        8: "CellType",
        9: "GenericAlias",
        10: "EllipsisType NoneType NotImplementedType UnionType",
        12: "get_original_bases",
    },
    "typing": {
        7: "ForwardRef OrderedDict",
        8: "Final Literal Protocol SupportsIndex TypedDict final get_args get_origin runtime_checkable",
        9: "Annotated",
        10: "Concatenate ParamSpec ParamSpecArgs ParamSpecKwargs TypeAlias TypeGuard is_typeddict",
        11: "LiteralString Never NotRequired Required Self TypeVarTuple Unpack assert_never assert_type clear_overloads dataclass_transform get_overloads reveal_type",
        12: "TypeAliasType override",
        13: "NoDefault ReadOnly TypeIs get_protocol_members is_protocol",
    },
    "unittest": {8: "IsolatedAsyncioTestCase addModuleCleanup", 11: "doModuleCleanups enterModuleContext"},
    "unittest.mock": {7: "seal", 8: "AsyncMock", 13: "ThreadingMock"},
    "uuid": {7: "SafeUUID"},
    "warnings": {13: "deprecated"},
    "xml.etree.ElementTree": {8: "C14NWriterTarget canonicalize", 9: "indent"},
    "zipfile": {8: "Path"},
}

_NAME_UNTIL: Mapping[str, Mapping[int, str]] = {
    "ast": {14: "Bytes Ellipsis NameConstant Num Str"},
    "asyncio": {11: "coroutine"},
    "base64": {9: "decodestring encodestring"},
    "collections": {
        10: "AsyncGenerator AsyncIterable AsyncIterator Awaitable ByteString Callable Collection Container Coroutine Generator Hashable"
        " ItemsView Iterable Iterator KeysView Mapping MappingView MutableMapping MutableSequence MutableSet Reversible Sequence Set Sized"
        " ValuesView"
    },
    "configparser": {12: "SafeConfigParser", 13: "LegacyInterpolation"},
    "fractions": {9: "gcd"},
    "gettext": {11: "bind_textdomain_codeset ldgettext ldngettext lgettext lngettext"},
    "importlib": {12: "find_loader"},
    "importlib.util": {12: "module_for_loader set_loader set_package"},
    "inspect": {11: "ArgSpec formatargspec getargspec"},
    "locale": {12: "format", 13: "resetlocale"},
    "pkgutil": {12: "ImpImporter ImpLoader"},
    "platform": {8: "dist linux_distribution popen"},
    "plistlib": {9: "Data readPlist readPlistFromBytes writePlist writePlistToBytes"},
    "re": {13: "template TEMPLATE"},
    "sqlite3": {12: "OptimizedUnicode enable_shared_cache"},
    "time": {8: "clock"},
    "unittest": {13: "findTestCases getTestCaseNames makeSuite"},
}


def _flat(table: Mapping[str, Mapping[int, str]]) -> dict[tuple[str, str], int]:
    return {
        (module, name): minor for module, versions in table.items() for minor, names in versions.items() for name in names.split()
    }


NAME_SINCE: Mapping[tuple[str, str], int] = _flat(_NAME_SINCE)
"""First version that has the name: ``("math", "prod")`` is 8."""

NAME_UNTIL: Mapping[tuple[str, str], int] = _flat(_NAME_UNTIL)
"""First version that no longer has the name."""
