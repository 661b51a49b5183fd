import sys
from . import _impl
sys.modules[__name__ + ".moves"] = _impl
moves = _impl
