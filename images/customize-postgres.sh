# Runs inside the postgres image: open to the network, with TLS. Who gets in comes with the seed;
# roles and databases are made when an instance is.
version=$(ls /etc/postgresql)
directory=/etc/postgresql/$version/main
cat >"$directory/conf.d/rds.conf" <<CONF
listen_addresses = '*'
password_encryption = 'scram-sha-256'
ssl = on
CONF
chown postgres:postgres "$directory/conf.d/rds.conf"

# What differs from one instance to another (port, certificate, whether TLS is forced) comes with its seed, so the server
# starts once, and right.
cat >/usr/local/sbin/rds-seed <<'SEED'
#!/bin/sh -eu
seed=/var/lib/hivemind-seed
for directory in /etc/postgresql/*/main; do
  [ ! -f $seed/server.pem ] ||
    install -o postgres -g postgres -m 600 $seed/server.pem "$directory/server.pem"
  [ ! -f $seed/instance.conf ] ||
    install -o postgres -g postgres -m 640 $seed/instance.conf "$directory/conf.d/instance.conf"
  [ ! -f $seed/pg_hba.conf ] ||
    install -o postgres -g postgres -m 640 $seed/pg_hba.conf "$directory/pg_hba.conf"
done
SEED
chmod 755 /usr/local/sbin/rds-seed
mkdir -p /etc/systemd/system/postgresql@.service.d
cat >/etc/systemd/system/postgresql@.service.d/rds.conf <<'UNIT'
[Service]
ExecStartPre=+/usr/local/sbin/rds-seed
UNIT
