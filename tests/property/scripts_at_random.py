"""Random scripts for `test_slices_run_as_the_whole`: statements of many kinds over a few names, nested in blocks, and what ``f()`` returns of it.

The letters say what a name holds: N numbers, L lists, D dicts, F functions, O instances, C classes. Every script ends soon: loops go
round three times at the most, nothing but a loop's head changes its W, and no statement doubles a list without cutting it.
"""

from __future__ import annotations

import statements_users_write as more
import statements_with_holders as holders
from hypothesis import strategies as st
from script_world import PRELUDE, START


def _indented(text: str) -> str:
    return "\n".join("    " + line for line in text.split("\n"))


number = st.sampled_from(["N0", "N1", "N2"])
items = st.sampled_from(["L0", "L1", "L2"])
table = st.sampled_from(["D0", "D1"])
function = st.sampled_from(["F0", "F1", "F2"])
instance = st.sampled_from(["O0", "O1"])
cls = st.sampled_from(["C0", "C1"])
constant = st.integers(0, 3).map(str)
value = st.one_of(number, constant, st.builds("len({})".format, items), st.builds("{} + {}".format, number, constant))
BINDINGS = st.one_of(
    st.builds("first, *{} = [{}, 1, 2]".format, items, value),
    st.builds("{} = {} = [{}]".format, items, items, value),
    st.builds("({}, {}), {} = [{}, 2], [3]".format, st.just("N0"), st.just("N2"), items, value),
    st.builds("for {}.v in range({}):\n    pass".format, instance, constant),
    st.builds("{} = [N0 for N0 in {}]".format, items, items),
    st.builds("{} = [y for x in {} if (y := {})]".format, items, items, number),
    st.builds("{} = {{k: v for k, v in {}.items()}}".format, table, table),
    st.builds("{0} = [{0} for {0} in [{1}]][0]".format, items, items),
    st.builds("del {0}\n{0} = {1}".format, number, constant),
    st.builds("E0 = {}\ndel E0".format, items),
    st.builds("globals().update(G={})".format, value),
    st.builds("locals()['G'] = {}".format, value),
    st.builds("eval('{}.append(1)')".format, items),
    st.builds("match {}:\n    case [N1, *_]:\n        pass\n    case _:\n        N1 = 3".format, items),
    st.builds("if {0} > 1:\n    import plain as P\nelse:\n    import plug as P\n{0} = getattr(P, 'X', 8)".format, number),
    st.builds("try:\n    import nowhere as P\nexcept ImportError:\n    import plain as P\n{} = P.X".format, number),
    st.builds("if {}:\n    from stars import *\n{} = N1".format, items, number),
    st.builds("from reg import ITEMS as RI\nRI['x'] = {}".format, value),
    st.builds("from reg import put as pp\npp('a', {})".format, value),
    st.builds("{} = lazy.{}".format, number, st.sampled_from(["value", "other"])),
    st.builds("from lazy import value as {}".format, number),
)
"""Names bound in unusual ways."""
CHANGES = st.one_of(
    st.builds("{}.v += 1".format, instance),
    st.builds("{}.v *= 2".format, cls),
    st.builds("{}['k'] = {}.get('k', []) + [{}]".format, table, table, value),
    st.builds("{0} |= {{'z': {1}}}".format, table, value),
    st.builds("{0} = {0} | {{'z': {1}}}".format, table, items),
    st.builds("{0} *= 2\ndel {0}[4:]".format, items),
    st.builds("{}[0:0] = [{}]".format, items, value),
    st.builds("{}.sort(key=str)".format, items),
    st.builds("{}.extend(x for x in list({})[:3])".format, items, items),
    st.builds("{}.insert(0, {})".format, items, value),
    st.builds("reg.ITEMS.update(u={})".format, items),
    st.just("reg.ITEMS.pop('a', None)"),
    st.builds("plain.X = {}".format, value),
    st.just("import plain as pl\npl.X += 1"),
    st.builds("{}.prop = {}".format, st.just("ACCOUNT"), value),
    st.builds("ACCOUNT['k'] = {}".format, value),
    st.builds("ACCOUNT.total += {}".format, value),
    st.just("del ACCOUNT.prop"),
    st.builds("{}.make({})".format, st.sampled_from(["Maker", "SubMaker", "Maker()"]), value),
    st.builds("SubMaker().hook({})".format, items),
    st.builds("print({}, file=BUFFER)".format, value),
    st.builds("CV.set({})".format, value),
    st.builds("FS.append(lambda: {})".format, st.one_of(number, items)),
    st.builds("for i in range(2):\n    FS.append(lambda i=i: i + {})".format, number),
    st.builds("with ExitStack() as stack:\n    stack.callback({}.append, {})".format, items, value),
    st.builds("with closing(Shelf({})) as {}:\n    pass".format, items, instance),
    st.builds("with Shelf({}) as {}.v:\n    pass".format, items, instance),
    st.builds("g = gen({})".format, items),
    st.builds("{} = next(g, 4)".format, number),
    st.builds("{} = [*g]".format, items),
    st.builds("m = map({}.append, [{}])".format, items, value),
    st.just("list(m)"),
    st.builds("p = partial({}, {})\n{} = p()".format, function, value, number),
    st.builds("{} = sorted([3, 1], key=lambda x: {}.append(x) or x)".format, items, items),
    st.builds("w = Worker({})\nw.start()\nw.join()".format, items),
    st.builds("w = threading.Thread(target=lambda: {}.append(1))\nw.start()\nw.join()".format, items),
    st.builds("w = threading.Thread(target={}.append, args=({},))\nw.start()\nw.join()".format, items, value),
    st.builds("Reader().feed('<{}>')".format, st.sampled_from("ab")),
    st.builds("{} = Point({}, {})".format, instance, value, items),
    st.builds("O0 = Point(1, {})\nO0.xs.append({})".format, items, value),
    st.builds("Color.RED.note = {}".format, value),
    st.builds("{}.extra = {}".format, cls, items),
    st.builds("{}.items.append({})".format, st.just("Base"), value).map(lambda text: text.replace("items", "known")),
    st.builds("REG.put({})".format, function),
    st.builds("assert {} is not None".format, items),
    st.builds("nested({})".format, value),
    st.builds("{} = nested({})".format, number, value),
    st.builds("steal({})".format, items),
    st.builds("{0} = chain_up({0})".format, items),
)
"""Objects changed in unusual ways."""
SIMPLE = st.one_of(
    st.builds("{} = {}".format, number, value),
    st.builds("{} += {}".format, number, value),
    st.builds("{}, {} = {}, {}".format, st.just("N0"), st.just("N1"), value, value),
    st.builds("{} = [{}]".format, items, value),
    st.builds("{} = {}".format, items, items),
    st.builds("{} = list({})".format, items, items),
    st.builds("{} = {} + [{}]".format, items, items, value),
    st.builds("{}.append({})".format, items, value),
    st.builds("{} += [{}]".format, items, value),
    st.builds("{}[:] = [{}]".format, items, value),
    st.builds("{} = {}.setdefault('q', [])".format, items, table),
    st.builds("{} = reg.same({})".format, items, items),
    st.builds("{} = {{}}".format, table),
    st.builds("{}['k'] = {}".format, table, items),
    st.builds("{}.setdefault('q', []).append({})".format, table, value),
    st.builds("{}.update(a={})".format, table, value),
    st.builds("reg.put('{}', {})".format, st.sampled_from("ab"), st.one_of(value, items, function)),
    st.builds("reg.ITEMS['c'] = {}".format, value),
    st.builds("reg.touch({})".format, items),
    st.builds("{} = reg.touch_deep({})".format, number, items),
    st.builds("{} = reg.pure({})".format, number, items),
    st.builds("{} = reg.Box({})".format, instance, items),
    st.builds("{} = {}()".format, instance, cls),
    st.builds("{}.v = {}".format, instance, st.one_of(value, items)),
    st.builds("{}.bump()".format, instance),
    st.builds("{} = {}.bump()".format, number, instance),
    st.builds("{}()".format, function),
    st.builds("{} = {}({})".format, number, function, value),
    st.builds("{} = {}".format, function, function),
    st.builds("{}.tag = {}".format, function, value),
    st.builds("print({}, {})".format, value, items),
    st.builds("import {}".format, st.sampled_from(["plug", "plain"])),
    st.builds("random.seed({})".format, constant),
    st.builds("{} = random.randrange(9)".format, number),
    st.builds("os.environ['SLICE_{}'] = str({})".format, st.sampled_from("XY"), value),
    st.just("ship(F0, N0)"),
    st.builds("R = ship({}, {})".format, function, items),
    st.builds("globals()['G'] = {}".format, value),
    st.builds("del {}[:]".format, items),
    st.builds("{}, {} = {}, {}".format, items, items, items, items),
    st.builds("{}.append({})".format, items, items),
    st.builds("{}['k'] = [{}]".format, table, items),
    st.builds("[xs.append({}) for xs in [{}, {}]]".format, value, items, items),
    st.builds("list(map(lambda x: {}.append(x), [{}]))".format, items, value),
    st.builds("list(map(extend, [{}]))".format, items),
    st.builds("extend({})".format, items),
    st.builds("{} = extend(xs={})".format, number, items),
    st.builds("{} = both({}, {})".format, items, items, items),
    st.builds("store({})".format, items),
    st.builds("reset({})".format, value),
    st.just("tick()"),
    st.builds("{} = tick()".format, number),
    st.just("tick = make_tick()"),
    st.builds("holder().append({})".format, value),
    st.builds("{} = holder()".format, items),
    st.builds("{}.pop('k', None)".format, table),
    st.builds("{} = {}.inner if hasattr({}, 'inner') else {}".format, items, st.just("O0"), st.just("O0"), items),
    st.builds("{} = max([{}, {}], key=len)".format, items, items, items),
    st.builds("{} = (lambda x: x)({})".format, items, items),
    st.builds("{} = [x for x in {} if x != {}]".format, items, items, value),
    st.builds("setattr({}, 'v', {})".format, instance, value),
    st.builds("L{}: list = {}".format, st.sampled_from("012"), items),
    st.builds("T0 = {}\n{} = T0\ndel T0".format, items, items),
    st.builds("del {}['k']".format, table)
    .map("{}\nif 'k' in D0: D0.pop('k')".format)
    .map(lambda text: "try:\n" + _indented(text) + "\nexcept KeyError:\n    pass"),
    st.builds("from stars import *\n{} = N1".format, number),
    st.builds("from stars import *\nstarred({})".format, items),
    st.builds("{} = [N0 := x for x in {} if x]".format, items, items),
    st.builds("{} = {{x: y for x, y in enumerate({})}}".format, table, items),
    st.builds("it = iter({})".format, items),
    st.builds("{} = next(it, 5)".format, number),
    st.builds("{} = list(it)".format, items),
    st.just("for x in it:\n    break"),
    st.builds("worker = threading.Thread(target=extend, args=({},))\nworker.start()\nworker.join()".format, items),
    st.builds("asyncio.run(later({}))".format, items),
    st.builds("{} = asyncio.run(later({}))".format, number, items),
    st.builds("getcontext().prec = 5 + {}".format, constant),
    st.builds("installed.configure(a={})".format, value),
    st.builds("installed.STATE['b'] = {}".format, value),
    st.builds("installed.fill({})".format, items),
    st.builds("O1 = installed.Engine({})".format, items),
    st.just("installed.Engine.runs = 5"),
    st.builds("reg.pure = lambda x: {}".format, constant),
    st.builds("reg.Box.bump = lambda self: {}".format, constant),
    st.builds("setattr(reg, 'same', lambda x: {})".format, items),
    st.builds("{0} >> {1}".format, st.just("PIPE"), items),
    st.builds("PIPE['k'] = {}".format, items),
    st.builds("PIPE.level = {}".format, value),
    st.builds("with PIPE:\n    {} = {}".format, number, value),
    st.just("for _ in PIPE:\n    pass"),
    st.builds("with_default({})".format, value),
    st.builds("{} = remember({})".format, table, value),
    st.builds("traced({})".format, value),
    st.builds("out = StringIO()\nwith redirect_stdout(out):\n    say({})\n{} = [out.getvalue()]".format, value, items),
    st.builds("@show.register\ndef _(x: str):\n    return {}".format, constant),
    st.builds("list(map({}.append, [1]))".format, items),
    st.just("prepare()"),
    st.builds("exec('E = {}')\n{} = E".format, constant, number),
    st.builds("installed.hook({})".format, function),
    st.just("pass"),
)
BODIES = st.one_of(
    st.builds("return len({}) + {}".format, items, number),
    st.builds("return {}".format, number),
    st.builds("{}.append(x)\nreturn len({})".format, items, items),
    st.builds("global {0}\n{0} = x\nreturn 1".format, number),
    st.builds("global {0}\n{0} += 1\nreturn {0}".format, number),
    st.builds("{}['z'] = x\nreturn 2".format, table),
    st.builds("xs = {}\nxs.append(x)\nreturn 3".format, items),
    st.builds("reg.put('f', x)\nreturn 4".format),
    st.builds("return reg.pure({})".format, items),
    st.builds("def inner():\n    global {0}\n    {0} = x\ninner()\nreturn 5".format, number),
    st.builds("n = 0\ndef inner():\n    nonlocal n\n    n += 1\n    {}.append(n)\ninner()\nreturn n".format, items),
    st.builds(
        "try:\n    return {}[5]\nexcept IndexError:\n    {}.append(x)\n    return 6\nfinally:\n    {}['fin'] = x".format,
        items,
        items,
        table,
    ),
    st.builds("for y in {}:\n    return y\nelse:\n    {}.append(x)\nreturn 7".format, items, items),
    st.builds("return [{}.append(y) for y in [x]] and 8".format, items),
    st.builds("return (lambda: {}.append(x))() or 9".format, items),
    st.builds("with Shelf({}):\n    return x".format, items),
    st.just("O0.v = x\nreturn 1"),
    st.just("C0.v += 1\nreturn C0.v"),
    st.just("plain.X += 1\nreturn plain.X"),
    st.just("return lazy.value"),
    st.builds("del {}[:]\nreturn 2".format, items),
    st.just("setattr(reg, 'pure', lambda y: x)\nreturn 3"),
)
DEFINITION = st.builds(
    lambda decorator, name, body: f"{decorator}def {name}(x=1):\n" + _indented(body),
    st.sampled_from(
        ["", "", "@reg.register('d')\n", "@keep\n", "@counted\n", "@REG\n", "@REG.add('s')\n", "@cache\n", "@trace\n"]
    ),
    function,
    BODIES,
)
CLASS = st.one_of(
    st.builds(
        lambda name, xs, n: (
            f"class {name}:\n    items = {xs}\n    v = {n}\n    def bump(self):\n        self.v = {n}\n        return {n}"
        ),
        cls,
        items,
        number,
    ),
    st.builds(lambda xs: f"class C1(C0):\n    def bump(self):\n        {xs}.append(1)\n        return 7", items),
    st.builds(lambda name: f"class {name}(Base):\n    v = 1\n    def bump(self):\n        return 5", cls),
    st.builds(
        lambda name, xs, n: (
            f"class {name}:\n    {xs}.append({n})\n    reg.put('cls', {n})\n    v = 0\n    for q in range(2):\n        {xs}.append(q)\n"
            f"        v += q\n    def bump(self):\n        {name}.v += 1\n        return self.v"
        ),
        cls,
        items,
        number,
    ),
    st.builds(
        lambda name, n: (
            f"@REG.add('c')\nclass {name}(Maker):\n    v = {n}\n    def bump(self):\n        return super().make({n})"
        ),
        cls,
        number,
    ),
    st.builds(
        lambda name, xs: (
            f"class {name}:\n    @property\n    def v(self):\n        {xs}.append(1)\n        return len({xs})\n"
            f"    @v.setter\n    def v(self, x):\n        {xs}.append(x)\n    def bump(self):\n        self.v = 3\n        return self.v"
        ),
        cls,
        items,
    ),
)
TEXTS = [
    "reg.get('a')",
    "seen.names()",
    "KEPT",
    "Base.known",
    "random.randrange(99)",
    "G",
    "os.environ.get('SLICE_X')",
    "C1.v",
    "installed.state()",
    "installed.SEEN",
    "installed.Engine.runs",
    "str(Decimal(1) / 7)",
    "reg.pure(0)",
    "reg.Box(0).bump()",
    "PIPE.did",
    "HOME",
    "TABLE",
    "len(remember(9))",
    "TRACE",
    "next(it, 0)",
    "show('x')",
    "STAR",
    "{n: globals()[n] for n in ('N0', 'L0')}",
    "ACCOUNT.log",
    "ACCOUNT.total",
    "BUFFER.getvalue()",
    "CV.get()",
    "[one() for one in FS]",
    "REG.entries",
    "Maker.made",
    "SubMaker.made",
    "SEEN_TAGS",
    "getattr(Color.RED, 'note', 0)",
    "getattr(C0, 'extra', 0)",
    "plain.X",
    "lazy.other",
    "sorted(reg.ITEMS)",
    "list(m)",
    "next(g, 7)",
    "STOLEN",
    "UP",
    "WORKED",
]
RESULTS = st.one_of(
    number,
    items,
    table,
    instance,
    function,
    st.builds("{}()".format, function),
    st.sampled_from(TEXTS),
    st.sampled_from(more.RESULTS),
    st.sampled_from(holders.RESULTS),
)


def _compound(blocks: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    block = blocks.map(_indented)
    return st.one_of(
        st.builds("if {} > 1:\n{}\nelse:\n{}".format, number, block, block),
        st.builds("if {} == 1:\n{}\nelif {}:\n{}".format, number, block, items, block),
        st.builds("for i in range(2):\n{}".format, block),
        st.builds("for N2 in range(3):\n    if N2 == {}:\n        break\n{}".format, constant, block),
        st.builds("for x in list({})[:2]:\n{}".format, items, block),
        st.builds(
            "try:\n{}\n    {} = 1 // {}\nexcept ZeroDivisionError:\n{}\nelse:\n    {} = 8".format,
            block,
            number,
            number,
            block,
            number,
        ),
        st.builds("try:\n{}\nfinally:\n{}".format, block, block),
        st.builds("if ({} := len({})) > 1:\n{}".format, number, items, block),
        st.builds("W = 0\nwhile W < 3:\n    W += 1\n    N2 = W\n    if N2 == {}:\n        continue\n{}".format, constant, block),
        st.builds(
            "try:\n{}\n    raise ValueError({})\nexcept ValueError as e:\n    {} = len(str(e))\n{}".format,
            block,
            value,
            number,
            block,
        ),
        st.builds(
            "match {}:\n    case []:\n{}\n    case [first, *_]:\n{}".format, items, block.map(_indented), block.map(_indented)
        ),
        st.builds("with nothing() as {}:\n{}".format, items, block),
        st.builds("W = 0\nwhile (W := W + 1) < 4:\n{}".format, block),
        st.builds("for i in range(3):\n    if i == {}:\n        continue\n{}\nelse:\n{}".format, constant, block, block),
        st.builds("while True:\n{}\n    break".format, block),
        st.builds(
            "try:\n    try:\n{}\n    finally:\n{}\n    {} = [][0]\nexcept (IndexError, KeyError):\n{}".format,
            block.map(_indented),
            block.map(_indented),
            number,
            block,
        ),
        st.builds("with suppress(ZeroDivisionError):\n{}\n    1 // {}\n    {}.append(5)".format, block, number, items),
        st.builds("with Shelf({}):\n{}".format, items, block),
        st.builds("if ({} and {}) or not {}:\n{}".format, number, items, table, block),
        st.builds("if __name__ == '__main__':\n    ship(F0)\n    print({})".format, number),
    )


LEAF = st.one_of(SIMPLE, SIMPLE, BINDINGS, CHANGES, DEFINITION, CLASS, more.STATEMENTS, more.STATEMENTS, holders.STATEMENTS)
STATEMENT = st.recursive(LEAF, lambda inner: _compound(st.lists(inner, min_size=1, max_size=3).map("\n".join)), max_leaves=6)
SCRIPTS = st.builds(
    lambda future, statements, results: (
        future + PRELUDE + START + "\n".join(statements) + "\ndef f():\n    return [" + ", ".join(results) + "]\n"
    ),
    st.sampled_from(["", "from __future__ import annotations\n"]),
    st.lists(STATEMENT, min_size=1, max_size=12),
    st.lists(RESULTS, min_size=1, max_size=3),
)
_ANYTHING = [
    "N0",
    "N1",
    "N2",
    "L0",
    "L1",
    "L2",
    "D0",
    "D1",
    "O0.bump()",
    "O1.bump()",
    "F0()",
    "F1()",
    "F2()",
    *TEXTS,
    *more.RESULTS,
    *holders.RESULTS,
]
READER_OF_EVERYTHING = (
    "def attempt(x):\n    try:\n        return x()\n    except Exception as e:\n        return type(e).__name__\n"
    "def f():\n    return [" + ", ".join(f"attempt(lambda: {text})" for text in _ANYTHING) + "]\n"
)
GUARDED = LEAF.map(
    lambda leaf: (PRELUDE + START + READER_OF_EVERYTHING, leaf, 'if __name__ == "__main__":\n' + _indented(leaf) + "\n")
)
"""A script whose function reads all there is, a statement, and the same under the main guard."""
