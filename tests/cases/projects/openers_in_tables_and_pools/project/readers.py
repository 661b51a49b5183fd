import bz2
import gzip

READERS = {".gz": gzip.open, ".bz2": bz2.open, ".txt": open}
