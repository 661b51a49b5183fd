import pytest

from clustrix_bundle.bundler.errors import SourceError
from clustrix_bundle.bundler.facts.decode import decode_source


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (b"x = '\xc3\xa9'\n", "x = 'é'\n"),
        (b"\xef\xbb\xbfx = 1\n", "x = 1\n"),
        (b"# -*- coding: latin-1 -*-\nx = '\xe9'\n", "# -*- coding: latin-1 -*-\nx = 'é'\n"),
        (
            b"#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\nx = '\x80'\n",
            "#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\nx = '€'\n",
        ),
        (b"a\r\nb\rc\n", "a\nb\nc\n"),
        (b"# coding: latin-1\rx = '\xe9'\r", "# coding: latin-1\nx = 'é'\n"),
        (b"# coding: latin-1 (J\xe9r\xf4me)\nx\n", "# coding: latin-1 (Jérôme)\nx\n"),
        (b"# J\xe9r\xf4me\n# coding: latin-1\nx\n", "# Jérôme\n# coding: latin-1\nx\n"),
        (b"", ""),
    ],
)
def test_text_is_what_pep_263_and_pep_3120_say(source, text):
    assert decode_source(source, "m.py") == text


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        (b"x = 1\ny = '\xe9'\n" + b"#\n" * 3, 2, "0xe9 is not utf-8, and no encoding is declared"),
        (b"#\n" * 9 + b"y = '\xe9'\n", 10, "0xe9 is not utf-8"),
        (b"#\r" * 9 + b"y = '\xe9'\r", 10, "0xe9 is not utf-8"),
        (b"\n# coding: klingon\n", 2, "unknown encoding"),
        (b"\xef\xbb\xbf# coding: latin-1\n", 1, "encoding problem"),
        (b"# coding: ascii\n\nx = '\xc3'\n", 3, "0xc3 is not ascii"),
        (b"# coding: hex\nx = 1\n", 1, "hex"),
        (b"x = 1\n\ny = '\0'\n", 3, "NUL"),
    ],
)
def test_bytes_without_a_text_are_refused_with_their_line(source, line, words):
    with pytest.raises(SourceError, match=words) as caught:
        decode_source(source, "pkg/m.py")
    assert (caught.value.path, caught.value.line) == ("pkg/m.py", line)
