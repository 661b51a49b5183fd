from .impl import French, German


def run():
    return [French().words(), German().words()]
