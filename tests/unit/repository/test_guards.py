"""Which variables the code asks about before it connects, and which only choose between places."""

import time

import pytest

from hivemind_agents.repository import FileTree
from hivemind_agents.repository.clients import opened, under_a_condition
from hivemind_agents.repository.facts import Dependencies, Dependency
from hivemind_agents.repository.guards import guarded_variables

pytestmark = pytest.mark.fast

ASKED = {
    "a.js": "if (process.env.REDIS_URL) { client = createClient(process.env.REDIS_URL) }",
    "b.js": "const c = process.env.REDIS_URL ? new Redis(process.env.REDIS_URL) : new Map()",
    "c.ts": "const url = process.env.REDIS_URL\nif (!url) return null\nconnect(url)",
    "d.py": 'URL = os.getenv("REDIS_URL")\nif URL:\n    connect(URL)\n',
    "k.py": 'if os.environ.get("REDIS_URL", "") is not None and DEBUG:\n    connect()\n',
    "e.go": 'if addr := os.Getenv("REDIS_URL"); addr != "" {\n\tconnect(addr)\n}',
    "f.rs": 'if let Ok(url) = std::env::var("REDIS_URL") { open(url) }',
    "g.rb": 'connect(ENV["REDIS_URL"]) if ENV["REDIS_URL"]',
    "h.ex": 'if url = System.get_env("REDIS_URL") do\n  start(url)\nend',
    "i.kt": 'System.getenv("REDIS_URL")?.let { connect(it) }',
    "j.php": "if (getenv('REDIS_URL')) { connect(); }",
}
NOT_ASKED = {
    "a.js": "if (process.env.REDIS_URL) { c = new Redis(a) } else { c = new Redis(b) }",
    "b.js": "const c = process.env.REDIS_URL ? new Redis(process.env.REDIS_URL) : new Redis(6379)",
    "c.js": "if (!process.env.REDIS_URL) { throw new Error('REDIS_URL is missing') }",
    "d.go": 'addr := os.Getenv("REDIS_URL")\nif addr == "" {\n\tlog.Fatal("missing")\n}',
    "e.rs": 'let url = std::env::var("REDIS_URL").expect("REDIS_URL");',
    "f.js": "const client = createClient({ url: process.env.REDIS_URL })",
}


@pytest.mark.parametrize(("path", "text"), ASKED.items())
def test_a_variable_that_is_asked_about_first_may_be_absent(path: str, text: str):
    """
    Each language's way of asking is seen, with its place.
    """
    found = guarded_variables(FileTree.of({path: text}), [(path, text)])

    assert {"REDIS_URL": f"{path}:1"} == found


@pytest.mark.parametrize(("path", "text"), NOT_ASKED.items())
def test_a_choice_between_two_places_is_no_guard(path: str, text: str):
    """
    The same connection in the other branch, an end of the program, no question at all.
    """
    assert {} == guarded_variables(FileTree.of({path: text}), [(path, text)])


def test_a_driver_that_is_loaded_unseen_is_used_where_a_connection_is_opened():
    """
    A call of .NET's client has a place; under a question about the setting it is optional.
    """
    plain = [("P.cs", "var x = 1;\nvar r = ConnectionMultiplexer.Connect(url);\n")]
    asked = [("P.cs", "if (!string.IsNullOrEmpty(url))\n  ConnectionMultiplexer.Connect(url);\n")]
    nothing = Dependencies([])

    assert "P.cs:2" == opened("redis", "dotnet", nothing, plain)
    assert not under_a_condition("P.cs:2", plain)
    assert under_a_condition(opened("redis", "dotnet", nothing, asked), asked)


def test_a_mapper_beside_the_driver_counts_as_use():
    """
    JPA opens its connections out of sight; a mapper for development alone opens none.
    """
    mapper = "org.springframework.boot:spring-boot-starter-data-jpa"
    listed = Dependencies([Dependency(mapper, where="pom.xml:9")])
    development = Dependencies([Dependency(mapper, where="pom.xml:9", dev=True)])

    assert "pom.xml:9" == opened("postgresql", "jvm", listed, [])
    assert opened("postgresql", "jvm", development, []) is None
    assert opened("mongodb", "jvm", listed, []) is None


def test_a_file_that_asks_without_end_is_read_in_time():
    """
    Twenty thousand questions about one variable take no longer than they are worth.
    """
    text = 'x := os.Getenv("A")\nif y == "" {\n\treturn\n}\n' * 20_000
    began = time.process_time()

    guarded_variables(FileTree.of({"a.go": text}), [("a.go", text)])

    assert time.process_time() - began < 5
