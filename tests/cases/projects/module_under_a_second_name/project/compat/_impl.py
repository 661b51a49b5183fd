KIND = "impl"


def thing():
    return 42
