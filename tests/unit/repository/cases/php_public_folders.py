"""PHP below a public folder, which nothing but the pages themselves tells."""

from cases import case

CODE = {"lib/reader.php": "<?php\nclass Reader {}\n", "data/config.php": "<?php\nreturn [];\n"}

CASES = [
    case(
        "a-page-that-only-leads-on",
        {
            "index.html": '<!DOCTYPE html>\n<html><head><meta http-equiv="Refresh" '
            'content="0; url=p/" />\n<title>Redirection</title></head></html>\n',
            "p/index.php": "<?php\nheader('Location: ./i/');\n",
            "p/i/index.php": "<?php\nrequire '../../lib/reader.php';\n",
            **CODE,
        },
        language="php",
        document_root="p",
    ),
    case(
        "a-page-that-leads-elsewhere",
        {
            "index.html": '<meta http-equiv="refresh" content="0; url=https://example.org/">\n',
            "web/index.php": "<?php\nrequire '../lib/reader.php';\n",
            **CODE,
        },
        document_root="web",
    ),
    case(
        "a-public-folder-that-includes-the-page-above",
        {
            "index.php": "<?php\ndefine('HOME', __DIR__ . '/');\n"
            "require_once HOME . 'lib/reader.php';\n",
            "public_html/index.php": "<?php\ndefine('HOME', realpath(__DIR__ . '/../') . '/');\n\n"
            "include HOME . 'index.php';\n",
            **CODE,
        },
        document_root="public_html",
    ),
    case(
        "a-folder-of-its-own-beside-the-page",
        {
            "index.php": "<?php\nrequire 'lib/reader.php';\n",
            "site/index.php": "<?php\nrequire '../lib/reader.php';\necho '../index.html';\n",
            **CODE,
        },
        document_root=".",
    ),
]
