# Runs inside the postgres image: open to the network, TLS only, as RDS with rds.force_ssl.
# Roles and databases are made when an instance is.
version=$(ls /etc/postgresql)
directory=/etc/postgresql/$version/main
cat >"$directory/conf.d/rds.conf" <<CONF
listen_addresses = '*'
password_encryption = 'scram-sha-256'
ssl = on
CONF
cat >"$directory/pg_hba.conf" <<HBA
local    all  postgres             peer
hostssl  all  all       0.0.0.0/0  scram-sha-256
HBA
chown postgres:postgres "$directory/conf.d/rds.conf" "$directory/pg_hba.conf"
chmod 640 "$directory/pg_hba.conf"

# What differs from one instance to another (port, certificate) comes with its seed, so the server
# starts once, and right.
cat >/usr/local/sbin/rds-seed <<'SEED'
#!/bin/sh -eu
seed=/var/lib/hivemind-seed
for directory in /etc/postgresql/*/main; do
  [ ! -f $seed/server.pem ] ||
    install -o postgres -g postgres -m 600 $seed/server.pem "$directory/server.pem"
  [ ! -f $seed/instance.conf ] ||
    install -o postgres -g postgres -m 640 $seed/instance.conf "$directory/conf.d/instance.conf"
done
SEED
chmod 755 /usr/local/sbin/rds-seed
mkdir -p /etc/systemd/system/postgresql@.service.d
cat >/etc/systemd/system/postgresql@.service.d/rds.conf <<'UNIT'
[Service]
ExecStartPre=+/usr/local/sbin/rds-seed
UNIT
