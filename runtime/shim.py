"""What shipped code finds as `clustrix_bundle` and `clustrix` in a job: every public name of both.

The cluster_* helpers and ClusterConfig are the real ones, acting on the work dir. `cluster` passes functions through. What needs a
client (bundling, submitting, connecting) is there by name, for imports, annotations and `isinstance`, and says so when it is called.
"""

import sys
import types

_HELPERS = ["ls", "find", "stat", "exists", "isdir", "isfile", "glob", "du", "count_files"]
_OURS = {"cluster_" + name: "filesystem" for name in _HELPERS}
_OURS.update(ClusterFilesystem="filesystem", FileInfo="filesystem", DiskUsage="filesystem", UnreadableFolderWarning="filesystem")
_OURS.update(PathOutsideWorkDir="filesystem", ClusterConfig="config", ConfigError="config", NotYetSupported="config")
_OURS.update(ClusterUnreachableFromJob="active", cluster="in_place", configure="in_place", get_config="in_place")

_OURS.update(_restore="restoring", _restore_early="restoring")  # the last line of a sliced script calls them

_CLIENT_CLASSES = [
    "Bundle",
    "ClusterExecutor",
    "DependencyAnalyzer",
    "DependencyGraph",
    "FilePackager",
    "Job",
    "LocalExecutor",
    "PackageInfo",
    "RemoteDeployer",
    "RemoteEnvironment",
    "RemoteExecutor",
]
_CLIENT_FUNCTIONS = ["bundle", "create_local_executor", "load_config", "load_profile", "package_dependencies", "save_config"]
_CLIENT_FUNCTIONS += ["setup_ssh_keys"]
_CLIENT_ERRORS = [
    "AnalysisError",
    "BundleFormatError",
    "ClusterConnectionError",
    "ClustrixBundleError",
    "EnvironmentBuildError",
    "JobLostError",
    "JobWarning",
    "PackagingError",
    "PreflightError",
    "PreflightWarning",
    "RemoteError",
    "SchedulerError",
    "SettingsError",
    "SourceError",
    "TargetError",
    "TransportError",
    "UnsafePathError",
]
_SUBMODULES = ("config", "decorator", "filesystem")

PUBLIC = sorted(list(_OURS) + _CLIENT_CLASSES + _CLIENT_FUNCTIONS + _CLIENT_ERRORS)


def stand_in(name):
    """Turn the module of that name, which is being imported, into the stand-in."""
    module = sys.modules[name]
    module.__class__ = _StandIn
    module.__dict__["__all__"] = [item for item in PUBLIC if item not in _CLIENT_ERRORS and not item.startswith("_")]
    if not any(isinstance(finder, _Submodules) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Submodules())


class _StandIn(types.ModuleType):
    """A module whose names are made when they are first asked for (module ``__getattr__`` needs Python 3.7)."""

    def __getattr__(self, name):
        if name not in PUBLIC:
            raise AttributeError("module %r has no attribute %r" % (self.__name__, name))
        value = _public(name)
        setattr(self, name, value)
        return value

    def __dir__(self):
        return sorted(set(self.__dict__) | set(PUBLIC))


_made = {}  # type: ignore[var-annotated]


def _public(name):
    if name in _OURS:
        from .intact import import_module

        return getattr(import_module("." + _OURS[name], __package__), name)
    if name not in _made:  # one object under both package names
        if name in _CLIENT_FUNCTIONS:
            _made[name] = _client_function(name)
        elif name in _CLIENT_CLASSES:
            _made[name] = _ClientOnly(name, (), {"__module__": "clustrix_bundle", "__doc__": _needs_client(name)})
        else:
            roots = {"ClustrixBundleError": Exception, "JobWarning": UserWarning, "PreflightWarning": UserWarning}
            base = roots[name] if name in roots else _public("ClustrixBundleError")
            _made[name] = type(name, (base,), {"__module__": "clustrix_bundle"})
    return _made[name]


def _needs_client(name):
    return "clustrix_bundle.%s works on the client only; this code runs in a job, which cannot bundle, submit or connect" % name


class _ClientOnly(type):
    """The class of classes that exist by name."""

    def __call__(cls, *args, **kwargs):  # noqa: ARG002
        raise RuntimeError(_needs_client(cls.__name__))


def _client_function(name):
    def function(*args, **kwargs):  # noqa: ARG001
        raise RuntimeError(_needs_client(name))

    function.__name__ = function.__qualname__ = name
    function.__module__ = "clustrix_bundle"
    function.__doc__ = _needs_client(name)
    return function


class _Submodules(object):
    """Finds what is below the stand-ins: nothing, except our own modules under their installed name, and upstream's three."""

    def find_spec(self, fullname, path=None, target=None):  # noqa: ARG002
        top, _, rest = fullname.partition(".")
        if top not in ("clustrix", "clustrix_bundle") or not rest or not isinstance(sys.modules.get(top), _StandIn):
            return None
        from importlib.machinery import ModuleSpec

        if rest == "runtime" or rest.startswith("runtime.") or (top == "clustrix" and rest in _SUBMODULES):
            return ModuleSpec(fullname, self, is_package=rest == "runtime")  # type: ignore[arg-type]
        raise ImportError(
            "%s cannot be imported in a job: take public names from %s itself (from %s import ...)" % (fullname, top, top),
            name=fullname,
        )

    def create_module(self, spec):
        from .intact import import_module

        top, _, rest = spec.name.partition(".")
        if rest in _SUBMODULES and top == "clustrix":
            return _alias(spec.name)
        return import_module(__package__ + rest[len("runtime") :])

    def exec_module(self, module):
        """It ran already, under its own name."""


def _alias(name):
    module = _StandIn(name)
    module.__dict__["__all__"] = PUBLIC
    return module
