import os


class Place:
    def __init__(self, folder):
        self.folder = folder

    def names(self):
        return sorted(os.listdir(self.folder))
