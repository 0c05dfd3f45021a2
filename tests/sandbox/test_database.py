"""RDS instances are hosts with a real server: PostgreSQL or MariaDB."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import pytest
from cloud import Cloud, VpcNetwork, cloud_of, eventually, operator
from hivemind_sandbox import certificates, image, network, podman
from hivemind_sandbox.database_servers import UnsupportedEngineError

pytestmark = pytest.mark.sandbox

PASSWORD = 'it\'s "quoted" \\ and long enough'  # not a secret: a database of the test's own

Tls = Literal["verified", "none"]


@dataclass(frozen=True, kw_only=True)
class Engine:
    """An RDS engine, its client, and what differs in what they say."""

    name: str
    family: str
    port: int
    tls_parameter: str
    forces_tls: bool
    """Whether the engine's own parameter group does."""
    refuses_plain: str
    refuses_password: str
    refuses_stranger: str
    who: str
    """SQL for: user, database, whether TLS is used."""
    rights: str
    """SQL for: whether the master user may do everything, whether it makes databases."""

    def ask(self, place: "Place", sql: str, *, host: str, password: str, tls: Tls) -> str:
        """Run SQL in the network of the application's host; rows, or the last line of the error."""
        address = place.cloud.inside(place.host, f"getent hosts {host}").split(" ")[0]
        namespace = network.namespace(place.cloud.settings, place.host)
        authority = certificates.authority_file(place.cloud.settings)
        if self.name == "postgres":
            argv = ["ip", "netns", "exec", namespace, sys.executable, "-c", _PSYCOPG]
            mode = "verify-full" if tls == "verified" else "disable"
            argv += [
                f"host={host} hostaddr={address} dbname=orders user=shop connect_timeout=3 "
                f"sslmode={mode} sslrootcert={authority}",
                sql,
            ]
            environment, given = None, password
        else:
            verified = ("--ssl-verify-server-cert", "--ssl-ca=/ca.pem")
            options = verified if tls == "verified" else ("--skip-ssl",)
            argv = [
                *podman._podman(), "run", "--rm", "--quiet", *podman._limits(),
                "--network", f"ns:/run/netns/{namespace}", "--security-opt", "label=disable",
                "--env", "MYSQL_PWD", "--add-host", f"{host}:{address}",
                "--volume", f"{authority}:/ca.pem:ro", "--entrypoint", "mariadb",
                image.ensure("mariadb"), "--no-defaults", "--connect-timeout=3", "--batch",
                "--skip-column-names", *options, f"--host={host}", "--user=shop", "orders",
                "--execute", sql,
            ]  # fmt: skip
            environment, given = {"MYSQL_PWD": password, "PATH": "/usr/sbin:/usr/bin:/bin"}, ""
        done = subprocess.run(
            argv, input=given, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            return (done.stderr.strip().splitlines() or ["no answer"])[-1]
        return done.stdout.strip().replace("\t", "|")


_PSYCOPG = """
import psycopg, sys
with psycopg.connect(sys.argv[1], password=sys.stdin.read()) as link:
    cursor = link.execute(sys.argv[2])
    for row in cursor.fetchall() if cursor.description else ():
        print("|".join(str(int(v) if isinstance(v, bool) else v) for v in row))
"""
ENGINES = (
    Engine(
        name="postgres",
        family="postgres15",
        port=5432,
        tls_parameter="rds.force_ssl",
        forces_tls=True,
        refuses_plain="no encryption",
        refuses_password="password authentication failed",
        refuses_stranger="timeout",
        who="SELECT current_user, current_database(), ssl FROM pg_stat_ssl "
        "WHERE pid = pg_backend_pid()",
        rights="SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = 'shop'",
    ),
    Engine(
        name="mariadb",
        family="mariadb10.11",
        port=3306,
        tls_parameter="require_secure_transport",
        forces_tls=False,
        refuses_plain="Access denied",
        refuses_password="Access denied",
        refuses_stranger="Can't connect",
        who="SELECT substring_index(user(), '@', 1), database(), variable_value <> '' FROM "
        "information_schema.session_status WHERE variable_name = 'Ssl_cipher'",
        rights="SELECT sum(privilege_type = 'SUPER'), sum(privilege_type = 'CREATE') FROM "
        "information_schema.user_privileges WHERE grantee LIKE '%shop%'",
    ),
)


@dataclass
class Place:
    """A network with a host of the application; with `engine`, a database too."""

    cloud: Cloud
    network: VpcNetwork
    app: str
    """The group of the application's hosts: the only one that the database lets in."""
    group: str
    host: str
    engine: Engine = ENGINES[0]

    @property
    def settings_group(self) -> str:
        """The parameter group of the engine's instance."""
        return f"tests-{self.engine.name}"

    def status(self, name: str = "orders") -> str:
        try:
            found = self.cloud.rds.describe_db_instances(DBInstanceIdentifier=name)
        except self.cloud.rds.exceptions.DBInstanceNotFoundFault:
            return "gone"
        return str(found["DBInstances"][0]["DBInstanceStatus"])

    def query(
        self, sql: str, *, password: str = PASSWORD, tls: Tls = "verified", name: str = "orders"
    ) -> str:
        """Ask as the application does: from its host, by the endpoint's name."""
        found = self.cloud.rds.describe_db_instances(DBInstanceIdentifier=name)
        endpoint = str(found["DBInstances"][0]["Endpoint"]["Address"])
        return self.engine.ask(self, sql, host=endpoint, password=password, tls=tls)


@pytest.fixture(scope="module")
def ground(sandbox: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with cloud_of(sandbox.settings, tmp_path_factory.mktemp("keys")) as cloud:
        network = cloud.network()
        app = network.group("app", (22, operator(sandbox.settings)))
        group = network.group("database", *((engine.port, app) for engine in ENGINES))
        host = cloud.run_host(network.public[0], [app])
        cloud.rds.create_db_subnet_group(
            DBSubnetGroupName="tests",
            DBSubnetGroupDescription="tests",
            SubnetIds=network.private,
        )
        cloud.made.append(lambda: cloud.rds.delete_db_subnet_group(DBSubnetGroupName="tests"))
        cloud.await_state(host, "running")
        yield Place(cloud, network, app, group, host)


@pytest.fixture(scope="module", params=ENGINES, ids=lambda engine: engine.name)
def place(ground: Place, request: pytest.FixtureRequest) -> Iterator[Place]:
    here = Place(ground.cloud, ground.network, ground.app, ground.group, ground.host, request.param)
    ground.cloud.rds.create_db_parameter_group(
        DBParameterGroupName=here.settings_group,
        DBParameterGroupFamily=here.engine.family,
        Description="tests",
    )
    made = create(here, "orders", here.engine.name)
    try:
        assert "creating" == made["DBInstanceStatus"]
        assert "available" == eventually(here.status, "available", within_s=120)
        assert "" == here.query("CREATE TABLE items (name text)")
        assert "" == here.query("INSERT INTO items VALUES ('kept')")
        yield here
    finally:
        delete(here, "orders")
        ground.cloud.rds.delete_db_parameter_group(DBParameterGroupName=here.settings_group)


def create(place: Place, name: str, engine: str, **options: Any) -> dict[str, Any]:
    options = {"DBParameterGroupName": place.settings_group} | options
    made = place.cloud.rds.create_db_instance(
        DBInstanceIdentifier=name,
        DBInstanceClass="db.t3.micro",
        Engine=engine,
        AllocatedStorage=20,
        MasterUsername="shop",
        MasterUserPassword=PASSWORD,
        DBName="orders",
        DBSubnetGroupName="tests",
        VpcSecurityGroupIds=[place.group],
        **{key: value for key, value in options.items() if value},
    )
    return dict(made["DBInstance"])


def delete(place: Place, name: str) -> str:
    if place.status(name) != "gone":
        place.cloud.rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
    return str(eventually(lambda: place.status(name), "gone", within_s=120))


def test_the_application_reaches_its_database_by_name_over_tls(place: Place) -> None:
    """User, password, database and a certificate for the endpoint's name are as the API says."""
    assert "shop|orders|1" == place.query(place.engine.who)


def test_with_a_wrong_password_nobody_gets_in(place: Place) -> None:
    """The password is checked."""
    assert place.engine.refuses_password in place.query("SELECT 1", password="wrong")


def test_tls_is_forced_as_the_parameter_group_says(place: Place) -> None:
    """By the engine's own default, and by a change of the group, which reaches the server."""

    def plain() -> str:
        said = place.query("SELECT 1", tls="none")
        return "refused" if place.engine.refuses_plain in said else said

    def force(tls: bool) -> None:
        parameter = {
            "ParameterName": place.engine.tls_parameter,
            "ParameterValue": str(int(tls)),
            "ApplyMethod": "immediate",
        }
        place.cloud.rds.modify_db_parameter_group(
            DBParameterGroupName=place.settings_group, Parameters=[parameter]
        )

    by_default, otherwise = ("refused", "1") if place.engine.forces_tls else ("1", "refused")
    before = plain()
    force(not place.engine.forces_tls)
    changed = eventually(plain, otherwise)
    force(place.engine.forces_tls)
    again = eventually(plain, by_default)

    assert (by_default, otherwise, by_default) == (before, changed, again)


def test_the_master_user_makes_databases_but_may_not_do_everything(place: Place) -> None:
    """As on RDS."""
    assert "0|1" == place.query(place.engine.rights)


def test_only_the_vpc_and_its_allowed_group_reach_the_database(place: Place) -> None:
    """The name is unknown to this machine; a host outside the source group is refused."""
    stranger = place.network.group(
        f"stranger-{place.engine.name}", (22, operator(place.cloud.settings))
    )
    place.cloud.ec2.modify_instance_attribute(InstanceId=place.host, Groups=[stranger])
    closed = eventually(lambda: place.engine.refuses_stranger in place.query("SELECT 1"))
    place.cloud.ec2.modify_instance_attribute(InstanceId=place.host, Groups=[place.app])
    opened = eventually(lambda: place.query("SELECT 1"), "1")

    assert (True, "1") == (closed, opened)
    assert "orders." not in network.HOSTS_FILE.read_text()


def test_a_changed_password_takes_the_place_of_the_old_one(place: Place) -> None:
    """ModifyDBInstance changes it on the server."""
    change = place.cloud.rds.modify_db_instance
    change(DBInstanceIdentifier="orders", MasterUserPassword="a new one", ApplyImmediately=True)
    changed = eventually(lambda: place.query("SELECT 1", password="a new one"), "1")
    old = place.query("SELECT 1")
    change(DBInstanceIdentifier="orders", MasterUserPassword=PASSWORD, ApplyImmediately=True)
    eventually(place.status, "available")

    assert "1" == changed
    assert place.engine.refuses_password in old


def test_the_final_snapshot_holds_the_data_and_can_be_restored(place: Place) -> None:
    """Deleted with a final snapshot, the rows come back in an instance restored from it."""
    rds = place.cloud.rds
    deleting = rds.delete_db_instance(
        DBInstanceIdentifier="orders", FinalDBSnapshotIdentifier="orders-final"
    )["DBInstance"]["DBInstanceStatus"]
    gone = eventually(place.status, "gone", within_s=120)
    left = podman.containers(place.cloud.settings)
    shown = rds.describe_db_snapshots(DBSnapshotIdentifier="orders-final")["DBSnapshots"][0]
    rds.restore_db_instance_from_db_snapshot(
        DBInstanceIdentifier="again",
        DBSnapshotIdentifier="orders-final",
        DBSubnetGroupName="tests",
        VpcSecurityGroupIds=[place.group],
    )
    restored = eventually(lambda: place.status("again"), "available", within_s=120)
    rows = place.query("SELECT name FROM items", name="again")
    delete(place, "again")
    rds.delete_db_snapshot(DBSnapshotIdentifier="orders-final")
    kept = list((place.cloud.settings.directory / "snapshots").rglob("orders-final*"))

    assert ("deleting", "gone") == (deleting, gone)
    # Others have databases of their own in the same sandbox.
    assert [] == [key for key in left if key.startswith("db-") and key.endswith("-orders")]
    assert "available" == shown["Status"]
    assert ("available", "kept") == (restored, rows)
    assert [] == kept


def test_an_engine_without_a_server_fails_at_once(ground: Place) -> None:
    """The instance ends as `failed`, and the sandbox's status has the reason."""
    create(ground, "strange", "oracle-ee", DBParameterGroupName=None)
    failed = eventually(lambda: ground.status("strange"), "failed", within_s=10)
    delete(ground, "strange")

    assert "failed" == failed
    assert "it has: postgres, mariadb" in str(UnsupportedEngineError("oracle-ee"))
