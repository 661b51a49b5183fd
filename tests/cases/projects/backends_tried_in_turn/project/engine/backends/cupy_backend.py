import cupy_not_there
NAME = "cupy"
