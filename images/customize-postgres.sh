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
