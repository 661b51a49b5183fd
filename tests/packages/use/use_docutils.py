from docutils.core import publish_parts


def publish(text):
    parts = publish_parts(text, writer="html5", settings_overrides={"input_encoding": "unicode"})
    return [parts["title"], parts["body"], len(parts["stylesheet"])]
