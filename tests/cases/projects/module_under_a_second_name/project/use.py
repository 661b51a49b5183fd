import compat
import compat.moves
from compat.moves import thing


def go():
    return [thing(), compat.moves.KIND]
