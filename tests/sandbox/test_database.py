"""RDS instances are hosts with a real PostgreSQL."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from cloud import Cloud, VpcNetwork, cloud_of, eventually, operator
from hivemind_sandbox import certificates, database, network, podman

pytestmark = pytest.mark.sandbox

PASSWORD = 'it\'s "quoted" \\ and long enough'  # not a secret: a database of the test's own


@dataclass
class Place:
    cloud: Cloud
    network: VpcNetwork
    app: str
    """The group of the application's hosts: the only one that the database lets in."""
    group: str
    host: str
    endpoint: str

    def status(self, name: str = "orders") -> str:
        try:
            found = self.cloud.rds.describe_db_instances(DBInstanceIdentifier=name)
        except self.cloud.rds.exceptions.DBInstanceNotFoundFault:
            return "gone"
        return str(found["DBInstances"][0]["DBInstanceStatus"])

    def query(
        self, sql: str, *, password: str = PASSWORD, tls: str = "verify-full", name: str = "orders"
    ) -> str:
        """Ask as the application does: from its host, by the endpoint's name."""
        found = self.cloud.rds.describe_db_instances(DBInstanceIdentifier=name)
        endpoint = found["DBInstances"][0]["Endpoint"]["Address"]
        address = self.cloud.inside(self.host, f"getent hosts {endpoint}").split(" ")[0]
        program = (
            "import psycopg, sys\n"
            "with psycopg.connect(sys.argv[1], password=sys.stdin.read()) as link:\n"
            "    cursor = link.execute(sys.argv[2])\n"
            "    print(cursor.fetchall() if cursor.description else 'done')\n"
        )
        authority = certificates.authority_file(self.cloud.settings)
        link = (
            f"host={endpoint} hostaddr={address} dbname=orders user=shop connect_timeout=3 "
            f"sslmode={tls} sslrootcert={authority}"
        )
        namespace = network.namespace(self.cloud.settings, self.host)
        done = subprocess.run(
            ["ip", "netns", "exec", namespace, sys.executable, "-c", program, link, sql],
            input=password,
            capture_output=True,
            text=True,
            check=False,
        )
        return (done.stdout or done.stderr.strip().splitlines()[-1]).strip()


@pytest.fixture(scope="module")
def place(sandbox: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with cloud_of(sandbox.settings, tmp_path_factory.mktemp("keys")) as cloud:
        network = cloud.network()
        app = network.group("app", (22, operator(sandbox.settings)))
        group = network.group("database", (5432, app))
        host = cloud.run_host(network.public[0], [app])
        cloud.rds.create_db_subnet_group(
            DBSubnetGroupName="tests",
            DBSubnetGroupDescription="tests",
            SubnetIds=network.private,
        )
        cloud.made.append(lambda: cloud.rds.delete_db_subnet_group(DBSubnetGroupName="tests"))
        made = create(cloud, "orders", group)
        assert "creating" == made["DBInstanceStatus"]
        place = Place(cloud, network, app, group, host, "")
        cloud.made.append(lambda: delete(place, "orders"))
        assert "available" == eventually(place.status, "available", within_s=40)
        cloud.await_state(host, "running")
        assert "done" == place.query("CREATE TABLE items (name text)")
        assert "done" == place.query("INSERT INTO items VALUES ('kept')")
        yield place


def create(cloud: Cloud, name: str, group: str) -> dict[str, Any]:
    made = cloud.rds.create_db_instance(
        DBInstanceIdentifier=name,
        DBInstanceClass="db.t3.micro",
        Engine="postgres",
        AllocatedStorage=20,
        MasterUsername="shop",
        MasterUserPassword=PASSWORD,
        DBName="orders",
        DBSubnetGroupName="tests",
        VpcSecurityGroupIds=[group],
    )
    return dict(made["DBInstance"])


def delete(place: Place, name: str) -> str:
    if place.status(name) != "gone":
        place.cloud.rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
    return str(eventually(lambda: place.status(name), "gone"))


def test_the_application_reaches_its_database_by_name_over_tls(place: Place) -> None:
    """Role, password, database and a certificate for the endpoint's name are as the API says."""
    assert "[('shop', 'orders', True)]" == place.query(
        "SELECT current_user, current_database(), ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
    )


def test_without_tls_or_with_a_wrong_password_nobody_gets_in(place: Place) -> None:
    """TLS is forced, and the password is checked."""
    assert "no encryption" in place.query("SELECT 1", tls="disable")
    assert "password authentication failed" in place.query("SELECT 1", password="wrong")


def test_the_master_user_is_no_superuser_but_makes_databases(place: Place) -> None:
    """As on RDS."""
    assert "[(False, True, True)]" == place.query(
        "SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = 'shop'"
    )


def test_only_the_vpc_and_its_allowed_group_reach_the_database(place: Place) -> None:
    """The name is unknown to this machine; a host outside the source group is refused."""
    stranger = place.network.group("stranger", (22, operator(place.cloud.settings)))
    place.cloud.ec2.modify_instance_attribute(InstanceId=place.host, Groups=[stranger])
    closed = eventually(lambda: "timeout" in place.query("SELECT 1"))
    place.cloud.ec2.modify_instance_attribute(InstanceId=place.host, Groups=[place.app])
    opened = eventually(lambda: place.query("SELECT 1"), "[(1,)]")

    assert (True, "[(1,)]") == (closed, opened)
    assert "orders." not in network.HOSTS_FILE.read_text()


def test_a_changed_password_takes_the_place_of_the_old_one(place: Place) -> None:
    """ModifyDBInstance changes it on the server."""
    change = place.cloud.rds.modify_db_instance
    change(DBInstanceIdentifier="orders", MasterUserPassword="a new one", ApplyImmediately=True)
    changed = eventually(lambda: place.query("SELECT 1", password="a new one"), "[(1,)]")
    old = place.query("SELECT 1")
    change(DBInstanceIdentifier="orders", MasterUserPassword=PASSWORD, ApplyImmediately=True)
    eventually(place.status, "available")

    assert "[(1,)]" == changed
    assert "password authentication failed" in old


def test_the_final_snapshot_holds_the_data_and_can_be_restored(place: Place) -> None:
    """Deleted with a final snapshot, the rows come back in an instance restored from it."""
    rds = place.cloud.rds
    deleting = rds.delete_db_instance(
        DBInstanceIdentifier="orders", FinalDBSnapshotIdentifier="orders-final"
    )["DBInstance"]["DBInstanceStatus"]
    gone = eventually(place.status, "gone")
    left = podman.containers(place.cloud.settings)
    shown = rds.describe_db_snapshots(DBSnapshotIdentifier="orders-final")["DBSnapshots"][0]
    rds.restore_db_instance_from_db_snapshot(
        DBInstanceIdentifier="again",
        DBSnapshotIdentifier="orders-final",
        DBSubnetGroupName="tests",
        VpcSecurityGroupIds=[place.group],
    )
    restored = eventually(lambda: place.status("again"), "available", within_s=40)
    rows = place.query("SELECT name FROM items", name="again")
    delete(place, "again")
    rds.delete_db_snapshot(DBSnapshotIdentifier="orders-final")
    kept = list((place.cloud.settings.directory / "snapshots").rglob("orders-final*"))

    assert ("deleting", "gone") == (deleting, gone)
    assert [] == [key for key in left if key.startswith("db-") and key.endswith("-orders")]
    assert "available" == shown["Status"]
    assert ("available", "[('kept',)]") == (restored, rows)
    assert [] == kept


def test_an_engine_without_a_server_fails_at_once(place: Place) -> None:
    """The instance ends as `failed`, and the sandbox's status has the reason."""
    place.cloud.rds.create_db_instance(
        DBInstanceIdentifier="strange",
        DBInstanceClass="db.t3.micro",
        Engine="oracle-ee",
        AllocatedStorage=20,
        MasterUsername="shop",
        MasterUserPassword=PASSWORD,
        DBSubnetGroupName="tests",
        VpcSecurityGroupIds=[place.group],
    )
    failed = eventually(lambda: place.status("strange"), "failed", within_s=10)
    delete(place, "strange")

    assert "failed" == failed
    assert "it has: postgres" in str(database.UnsupportedEngineError("oracle-ee"))
