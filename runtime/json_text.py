"""JSON in and out without ``json``, whose import takes a third of a small run (it compiles regular expressions).

The C scanner that ``json`` itself uses reads. Writing is our own: it must tell anyway whether the text is exact, that is,
whether reading it back gives equal values of the same types.
"""

try:
    from _json import encode_basestring_ascii, make_scanner
except ImportError:  # not CPython
    from json.encoder import encode_basestring_ascii

    make_scanner = None  # type: ignore[assignment,misc]

quote = encode_basestring_ascii
"""A JSON string, ASCII only."""


def parse(text):
    """The value of a JSON text (`str`).

    Raises:
        ValueError: It is no JSON, or has more after its first value.
    """
    end = len(text)
    start = 0
    while start < end and text[start] in " \t\n\r":
        start += 1
    try:
        value, at = _scanner()(text, start)
    except SystemError:  # the scanner has an error to raise, but looks for its class in a module that nobody imported
        import json.decoder

        value, at = json.decoder.JSONDecoder().raw_decode(text, start)
    except StopIteration as error:
        raise ValueError("no JSON value at character %s" % error.value)
    while at < end:
        if text[at] not in " \t\n\r":
            raise ValueError("more text after the JSON value, at character %d" % at)
        at += 1
    return value


def _scanner():
    if make_scanner is None:
        from json import JSONDecoder

        return JSONDecoder().scan_once  # type: ignore[attr-defined]
    return make_scanner(_Context)  # type: ignore[arg-type]


class _Context(object):
    """What the C scanner asks of a decoder."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    memo = {}  # type: ignore[var-annotated]

    @staticmethod
    def parse_constant(name):
        return float(name.replace("Infinity", "inf"))


class NotJSONError(Exception):
    """A value that JSON cannot hold; the message says where in the result it stands."""


def render(value):
    """``(text, exact)``: one line of JSON, and whether it reads back as equal values of the same types.

    Tuples and named tuples print as arrays, subclasses of the JSON types as those, number and None keys as strings, infinities
    as ``1e999``, which every reader takes for one, and NaN as ``NaN``, as `json` has it: null would be another value. It is not exact:
    strict readers refuse it.

    Raises:
        NotJSONError: Anything else, a cycle, or two keys that would be one.
    """
    writer = _Writer()
    try:
        writer.write(value)
    except RecursionError:
        raise NotJSONError("the result is nested too deeply for JSON")
    return "".join(writer.parts), writer.exact


_PLAIN = {None: "null", True: "true", False: "false"}


class _Writer(object):
    def __init__(self):
        self.parts = []
        self.exact = True
        self.open = {}

    def write(self, value):
        kind = type(value)
        if kind is str:
            self.parts.append(quote(value))
        elif value is None or kind is bool:
            self.parts.append(_PLAIN[value])
        elif kind is int:
            self.parts.append(_integer(value))
        elif kind is float:
            self.parts.append(self._float(value))
        elif isinstance(value, dict):
            self._nested(value, self._dict)
        elif isinstance(value, (list, tuple)):
            self._nested(value, self._list)
        else:
            self._subclass(value)

    def _float(self, value):
        if value - value == 0.0:
            return float.__repr__(value)
        if value != value:  # noqa: PLR0124 - NaN, without importing math
            self.exact = False
            return "NaN"
        return "1e999" if value > 0 else "-1e999"

    def _subclass(self, value):
        self.exact = False
        if isinstance(value, str):
            self.parts.append(quote(str.__str__(value)))
        elif isinstance(value, int):
            self.parts.append(_integer(value))
        elif isinstance(value, float):
            self.parts.append(self._float(float(value)))
        else:
            raise NotJSONError("the result%s is %s, which JSON cannot hold" % (self._where(), _article(value)))

    def _nested(self, value, write):
        if id(value) in self.open:
            raise NotJSONError("the result%s holds itself, which JSON cannot" % self._where())
        self.open[id(value)] = None
        write(value)
        del self.open[id(value)]

    def _list(self, value):
        if type(value) is not list:
            self.exact = False
        parts = self.parts
        parts.append("[")
        for index, item in enumerate(value):
            if index:
                parts.append(", ")
            self.open[id(value)] = index
            self.write(item)
        parts.append("]")

    def _dict(self, value):
        if type(value) is not dict:
            self.exact = False
        parts = self.parts
        parts.append("{")
        names = None
        first = True
        for key, item in dict.items(value):
            if not first:
                parts.append(", ")
            first = False
            if type(key) is not str:
                if names is None:
                    names = {name for name in value if type(name) is str}
                name = self._key(key)
                if name in names:
                    raise NotJSONError(
                        "the result%s has two keys that JSON would both write as %s" % (self._where(), quote(name))
                    )
                names.add(name)
            else:
                name = key
            parts.append(quote(name))
            parts.append(": ")
            self.open[id(value)] = key
            self.write(item)
        parts.append("}")

    def _key(self, key):
        self.exact = False
        if key is None or isinstance(key, bool):
            return _PLAIN[key]
        if isinstance(key, str):
            return str.__str__(key)
        if isinstance(key, int):
            return _integer(key)
        if isinstance(key, float):
            return float.__repr__(key)
        raise NotJSONError("the result%s has a key that is %s, which JSON cannot hold" % (self._where(), _article(key)))

    def _where(self):
        return "".join("[%s]" % _short(key) for key in self.open.values() if key is not None)


def _integer(value):
    try:
        return int.__repr__(value)
    except ValueError:  # more digits than sys.set_int_max_str_digits allows, which bounds readers too
        raise NotJSONError("the result holds an integer of %d bits, more than JSON readers take" % int(value).bit_length())


def _article(value):
    kind = type(value)
    name = kind.__qualname__ if kind.__module__ == "builtins" else kind.__module__ + "." + kind.__qualname__
    return ("an " if name[0] in "aeiouAEIOU" else "a ") + name


def _short(key):
    try:
        text = repr(key)
    except Exception:
        text = "…"
    return text if len(text) < 40 else text[:36] + "…"
