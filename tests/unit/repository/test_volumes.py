"""Folders that a container keeps are kept on hosts, too; a host's own are not given away."""

import pytest

from hivemind_agents.domain.folders import may_be_kept
from hivemind_agents.repository import FileTree, inspect_tree

pytestmark = pytest.mark.fast

APP = {"requirements.txt": "flask\n", "app.py": "from flask import Flask\napp = Flask(__name__)\n"}


def kept(files: dict[str, str]) -> list[str]:
    return list(inspect_tree(FileTree.of({**APP, **files})).volumes)


def docker(*lines: str) -> dict[str, str]:
    return {
        "Dockerfile": "\n".join(("FROM python:3.12", *lines, 'CMD ["python", "app.py"]')) + "\n"
    }


def compose(*volumes: str) -> dict[str, str]:
    listed = "\n".join(f"      - {volume}" for volume in volumes)
    text = f"services:\n  web:\n    build: .\n    volumes:\n{listed}\n  db:\n    image: postgres\n"
    other = "    volumes: ['db:/var/lib/postgresql/data']\n"
    return {"docker-compose.yml": text + other}


@pytest.mark.parametrize(
    ("files", "folders"),
    [
        (docker("WORKDIR /srv/shop", "VOLUME /data"), ["/data"]),
        (docker("WORKDIR /srv/shop", 'VOLUME ["/srv/shop/uploads", "/media/files"]'),
         ["/media/files", "uploads"]),
        (docker("WORKDIR /srv", "WORKDIR shop", "VOLUME uploads"), ["uploads"]),
        (docker("WORKDIR /srv/shop", "ENV DATA_DIR=/data DB_FILE=/store/shop.db"),
         ["/data", "/store"]),
        (docker("ENV PATH=/opt/tool/bin:$PATH APP_HOME=/srv/shop CONFIG_DIR=/etc/shop"), []),
        (docker("VOLUME /etc /usr/share/x /home/someone /var/run/docker.sock"), []),
        (docker("WORKDIR /srv/shop", "VOLUME /srv/shop /srv/shop/node_modules"), []),
        (compose("data:/datastore", "./conf.ini:/conf.ini", ".:/code"), ["/datastore"]),
        (compose("data:/datastore:ro", "/var/run/docker.sock:/var/run/docker.sock"), []),
        (docker("WORKDIR /code") | compose("./data:/code/data"), ["data"]),
        (docker("WORKDIR /code") | compose("./src:/code/src") | {"src/a.py": "x = 1\n"}, []),
        (docker("WORKDIR /code") | compose("{type: volume, source: d, target: /d}"), ["/d"]),
    ],
)  # fmt: skip
def test_volumes_of_containers(files: dict[str, str], folders: list[str]) -> None:
    """What is mounted from the repository is code, and a database keeps its own."""
    assert folders == kept(files)


@pytest.mark.parametrize("path", ["/data", "/srv/shop", "/var/lib/shop", "/opt/shop/files"])
def test_an_application_may_have_a_folder_to_itself(path: str) -> None:
    assert may_be_kept(path)


@pytest.mark.parametrize(
    "path",
    ["/", "/etc/shop", "/var/lib/hivemind-other", "/opt/hivemind/apps", "/app", "/tmp", "data",
     "/data/../etc", "/data/", "/var/lib", "/dat a", "/usr"],
)  # fmt: skip
def test_what_is_the_hosts_is_not_given_away(path: str) -> None:
    assert not may_be_kept(path)


def test_a_variable_that_names_a_kept_folder_is_set() -> None:
    """A path of the container that hosts do not have is not."""
    code = "import os\nDATA = os.environ['DATA_DIR'], os.environ.get('LOG_DIR')\n"
    files = docker("WORKDIR /srv/shop", "ENV DATA_DIR=/data LOG_DIR=/srv/shop/logs")
    report = inspect_tree(FileTree.of({**APP, **files, "settings.py": code}))

    assert {"DATA_DIR": "/data"} == report.sets
