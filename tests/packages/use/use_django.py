from pathlib import Path


def page(names):
    import django
    from django.conf import settings

    settings.configure(
        INSTALLED_APPS=["django.contrib.humanize", "django.contrib.contenttypes"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [Path(__file__).parent / "templates"]}],
    )
    django.setup()

    from django.contrib.contenttypes.models import ContentType
    from django.core.management import call_command
    from django.template.loader import render_to_string

    call_command("migrate", verbosity=0)
    kinds = ContentType.objects.count()
    return [kinds, render_to_string("people.html", {"names": names, "count": 1234567})]
