import json
import conf
from conf import settings
from ship import ship
def f():
    return [settings.debug, conf.settings.level, conf.settings is settings, conf.get_level()]
def main():
    settings.debug = True
    conf.settings.level = 9
    return ship(f)
print(json.dumps(main()))
