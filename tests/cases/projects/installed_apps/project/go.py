from importlib import import_module

INSTALLED = ["apps.users", "apps.shop.config.ShopConfig"]
MIDDLEWARE = {"upper": "mw.text.Upper", "count": "mw.text.Count"}


def import_string(path):
    try:
        module, cls = path.rsplit(".", 1)
    except ValueError as err:
        raise ImportError(path) from err
    return getattr(import_module(module), cls)


def go():
    out = []
    for app in INSTALLED:
        try:
            mod = import_module(app)
            out.append(mod.NAME)
            try:
                models = import_module(app + ".models")
                out.append(models.M)
            except ModuleNotFoundError:
                out.append("no models")
        except ImportError:
            out.append(import_string(app).name)
    for k in sorted(MIDDLEWARE):
        out.append(import_string(MIDDLEWARE[k])().run("abc"))
    return out
