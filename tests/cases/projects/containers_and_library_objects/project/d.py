import json, collections, datetime, decimal, fractions, re, logging, threading, pathlib, uuid, types, array, itertools
from ship import ship
dd = collections.defaultdict(lambda: [0], {"a": [1]})
dq = collections.deque([1,2], maxlen=2); dq.append(3)
cnt = collections.Counter("hello")
now = datetime.datetime(2020,1,2,tzinfo=datetime.timezone.utc)
rx = re.compile(r"(\d+)", re.I)
log = logging.getLogger("x.y")
lock = threading.Lock()
lk2 = {"l": threading.RLock(), "e": threading.Event(), "c": threading.Condition()}
p = pathlib.PurePosixPath("a/b")
u = uuid.UUID(int=5)
ns = types.SimpleNamespace(a=1, f=lambda: 4)
arr = array.array("i", [1,2])
it = itertools.count(5); next(it)
om = collections.OrderedDict(b=1, a=2)
cm = collections.ChainMap({"x": 1}, {"y": 2})
def run():
    with lock, lk2["l"]:
        return [dd["z"], dd["a"], list(dq), dq.maxlen, cnt["l"], now.isoformat(), rx.findall("a1b22"), log.name, str(p), str(u), ns.a, ns.f(), list(arr), next(it), list(om), cm["y"], lk2["e"].is_set()]
print(json.dumps(ship(run)))
