NAMES = set()


def note(name):
    NAMES.add(name)
