class Settings:
    debug = False
    def __init__(self):
        self.level = 1
settings = Settings()
def get_level():
    return settings.level
