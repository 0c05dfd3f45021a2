"""How PHP without a framework of fixed commands brings its database up to date."""

import json

from cases import case

PAGE = "<?php new PDO('pgsql:host=' . getenv('DB_HOST'));\n"
SAMPLE = (
    "<?php\ndefine( 'DB_HOST', 'localhost' );\ndefine('DB_PASSWORD', \"none\");\n"
    "define('AUTH_KEY', 'put your phrase here');\ndefine('DB_CHARSET', 'utf8');\n"
)
SERVES = "php -S 0.0.0.0:$PORT -t public"


def tree(scripts: dict[str, object], require: tuple[str, ...] = (), **more: str) -> dict[str, str]:
    manifest = {"require": dict.fromkeys(require, "*"), "scripts": scripts}
    return {"composer.json": json.dumps(manifest), "public/index.php": PAGE, **more}


CASES = [
    case(
        "php-migrates-by-composers-script",
        tree({"migrate": "@php bin/migrate.php --force", "test": "phpunit"}),
        processes={"release": "php bin/migrate.php --force", "web": SERVES},
    ),
    case(
        "php-migrates-by-a-tool-of-its-packages",
        tree({"db:migrate": ["phinx migrate -e production"]}),
        processes={"release": "vendor/bin/phinx migrate -e production", "web": SERVES},
    ),
    case(
        "php-migrates-by-phinx",
        tree({}, ("robmorgan/phinx",), **{"phinx.php": "<?php return [];"}),
        processes={"release": "vendor/bin/phinx migrate", "web": SERVES},
    ),
    case(
        "php-migrates-by-a-program",
        {"public/index.php": PAGE, "bin/migrate.php": "<?php\n"},
        processes={"release": "php bin/migrate.php", "web": SERVES},
    ),
    case(
        "php-script-that-needs-more-than-php",
        tree({"migrate": "docker compose run app migrate"}),
        processes={"web": SERVES},
    ),
    case(
        "php-settings-that-are-a-sample-alone",
        {
            "index.php": "<?php require 'config.php'; new mysqli(DB_HOST, DB_USER);\n",
            "config-sample.php": SAMPLE,
        },
        needs=["mysql"],
        need_variables={"mysql": ("DB_HOST", "DB_PASSWORD")},
    ),
    case(
        "php-sample-of-settings-that-the-code-reads-from-the-environment",
        {
            "index.php": "<?php require 'app/constants.php'; new mysqli(DB_HOST, DB_USER);\n",
            "app/constants.php": "<?php\n"
            "defined('DB_HOST') or define('DB_HOST', getenv('DB_HOST') ?: 'localhost');\n",
            "config.default.php": SAMPLE,
        },
        needs=["mysql"],
        need_variables={"mysql": ("DB_HOST",)},
    ),
    case(
        "php-settings-that-are-there",
        {
            "index.php": "<?php require 'config.php'; new mysqli(DB_HOST, DB_USER);\n",
            "config-sample.php": SAMPLE,
            "config.php": SAMPLE,
        },
        need_variables={},
    ),
]
