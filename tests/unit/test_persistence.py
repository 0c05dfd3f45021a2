"""What is kept of the files that an application writes into its own tree."""

import pytest

from hivemind_agents.building.files import Files
from hivemind_agents.building.persistence import (
    carried_files,
    persistent_files,
    persistent_folders,
    volumes,
)
from hivemind_agents.repository.report import RepositoryReport

pytestmark = pytest.mark.fast


def report(**changes: object) -> RepositoryReport:
    return RepositoryReport(kind="web", language="python", **changes)


@pytest.mark.parametrize(
    ("told", "texts", "folders"),
    [
        ({"persistent": ("var/kept",)}, {}, ("var/kept",)),
        ({"framework": "laravel"}, {"artisan": ""}, ("storage",)),
        (
            {"framework": "flask"},
            {"app.py": "app = Flask(__name__, instance_relative_config=True)"},
            ("instance",),
        ),
        ({"framework": "flask"}, {"app.py": "app = Flask(__name__)"}, ()),
        (
            {"framework": "django"},
            {"shop/settings.py": "MEDIA_ROOT = os.path.join(BASE_DIR, 'media')\n"},
            ("media",),
        ),
        ({}, {"app.py": "app.config['UPLOAD_FOLDER'] = 'static/files'\n"}, ("static/files",)),
        (
            {"framework": "django"},
            {
                "src/shop/settings/base.py": "B = Path(__file__).resolve().parent.parent.parent\n"
                "MEDIA_ROOT = str(B / 'public' / 'media')\n"
            },
            ("src/public/media",),
        ),
        (
            {"framework": "django"},
            {
                "conf/settings.py": "ROOT = os.path.dirname(os.path.dirname(__file__))\n"
                "APPS = os.path.join(ROOT, 'shop')\nMEDIA_ROOT = os.path.join(APPS, 'media')\n"
            },
            ("shop/media",),
        ),
        (
            {},
            {
                "app/config.py": "here = Path(__file__).parents[1]\n"
                "class Config:\n    UPLOAD_FOLDER = here / 'files'\n"
            },
            ("files",),
        ),
        ({}, {"server.js": "const upload = multer({ dest: './uploads/' });"}, ("uploads",)),
        ({}, {"public/uploads/.gitkeep": ""}, ("public/uploads",)),
        ({}, {".gitignore": "/data/*\nnode_modules\n*.log\n"}, ("data",)),
        ({}, {"data/cities.csv": "", ".gitignore": "*.pyc\n"}, ()),
        ({}, {"uploads/.gitkeep": "", "uploads/2024/.gitkeep": ""}, ("uploads",)),
        ({}, {"app.py": "UPLOAD_FOLDER = '/tmp'\n"}, ()),
        ({"framework": "wordpress"}, {"wp-load.php": ""}, ("wp-content/uploads",)),
    ],
)
def test_folders_that_are_written_to_are_kept(told, texts, folders):
    """By the user's word, framework, setting or placeholder; a folder with content is code."""
    assert folders == persistent_folders(report(**told), with_folders(texts))


def test_a_static_site_keeps_nothing():
    """A web server writes nothing."""
    site = RepositoryReport(kind="static", language="static")

    assert () == persistent_folders(site, with_folders({"uploads/.gitkeep": ""}))


@pytest.mark.parametrize(
    ("texts", "files"),
    [
        ({"app.py": "create_engine('sqlite:///./shop.db')"}, ("shop.db",)),
        ({"settings.py": "'NAME': BASE_DIR / 'db.sqlite3',"}, ("db.sqlite3",)),
        ({"server.js": "new Database('store/app.sqlite')"}, ("store/app.sqlite",)),
        ({"app.py": "sqlite:///:memory:"}, ()),
        ({"tests/app.py": "'x.sqlite3'", "app.py": "'test.db'"}, ()),
        ({"app.py": "x = 'data/shop.db'", "data/.gitkeep": ""}, ()),
    ],
)
def test_databases_in_single_files_are_kept(texts, files):
    """Those that the code names, unless their folder is kept whole."""
    told = report(optional_needs=("persistent-disk",))

    assert files == persistent_files(told, with_folders(texts))


def with_folders(texts: dict[str, str]) -> Files:
    folders = {
        "/".join(name.split("/")[:depth]): ""
        for name in texts
        for depth in range(1, name.count("/") + 1)
    }
    return Files.of({**folders, **texts})


@pytest.mark.parametrize(
    ("texts", "carried"),
    [
        ({"config.sample.php": ""}, ("config.php",)),
        ({"wp-config-sample.php": ""}, ("wp-config.php",)),
        ({"conf/settings.inc.php.dist": ""}, ("conf/settings.inc.php",)),
        ({"htdocs/conf/conf.php.example": ""}, ("htdocs/conf/conf.php",)),
        ({"lib/confirm.php.example": ""}, ()),
        ({"inc/config.default.php": "", "inc/config.php": ""}, ()),
        ({".gitignore": "/config.php\nlocal/database.inc.php\n*.php\ncache.json\n"},
         ("config.php", "local/database.inc.php")),
        ({"page.sample.php": "", ".gitignore": "vendor\n"}, ()),
        ({"data/.gitkeep": "", ".gitignore": "data/config.php\n"}, ()),
    ],
)  # fmt: skip
def test_settings_that_an_installer_writes_go_with_the_application(texts, carried):
    """What has a sample or is ignored by name; what is kept anyway is no matter of copies."""
    site = RepositoryReport(kind="web", language="php")

    assert carried == carried_files(site, with_folders(texts))
    assert () == carried_files(report(), with_folders(texts))


def test_an_engine_of_django_is_no_file():
    """Its name ends as a database's file would."""
    files = with_folders(
        {"s.py": "X = {'ENGINE': 'django.db.backends.sqlite3', 'N': 'db.sqlite3'}"}
    )

    assert ("db.sqlite3",) == persistent_files(report(optional_needs=("persistent-disk",)), files)


@pytest.mark.parametrize(
    ("name", "text", "kept"),
    [
        ("app.py", "SQLALCHEMY_DATABASE_URI = 'sqlite:////tmp/test.db'\n", True),
        ("shop/settings.py", 'DATABASE = "/tmp/minitwit.db"\n', True),
        ("app.py", "SCRATCH = '/tmp/report.pdf'\nDB = 'sqlite:///shop.db'\n", False),
        ("test_app.py", "DATABASE = '/tmp/shop.db'\n", False),
        ("tests/app.py", "DATABASE = '/tmp/shop.db'\n", False),
    ],
)
def test_a_database_in_tmp_is_kept(name, text, kept):
    """Of a service, `/tmp` is emptied whenever it stops; its database must not be."""
    assert (("/tmp",) if kept else ()) == volumes(report(), with_folders({name: text}))


def test_folders_outside_of_the_release_are_told_from_its_own():
    """Of a container's volumes, relative ones are the application's own."""
    told = report(persistent=("uploads", "/data"), volumes=("cache/files", "/var/lib/shop"))

    assert ("/data", "/var/lib/shop") == volumes(told, with_folders({}))
    assert ("cache/files", "uploads") == persistent_folders(told, with_folders({}))
