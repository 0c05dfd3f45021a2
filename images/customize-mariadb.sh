# Runs inside the mariadb image: open to the network, with the server's own defaults, as RDS has
# them. Users and databases are made when an instance is.
directory=/etc/mysql/mariadb.conf.d
# Debian's settings (an address, a character set) are not RDS's: what counts there comes from the
# instance's parameter group.
rm -f "$directory"/50-server.cnf "$directory"/50-client.cnf "$directory"/50-mysql-clients.cnf
cat >"$directory/50-rds.cnf" <<'CONF'
[mariadbd]
user = mysql
datadir = /var/lib/mysql
socket = /run/mysqld/mysqld.sock
pid_file = /run/mysqld/mysqld.pid
bind_address = *
skip_name_resolve
# With automated backups, as RDS has them by default, the binary log is on.
log_bin = mariadb-bin
binlog_format = MIXED
binlog_expire_logs_seconds = 3600
# A host of the smallest class, where Debian's defaults would take more.
innodb_buffer_pool_size = 64M
performance_schema = OFF
CONF

# What differs from one instance to another (port, certificate, parameters) comes with its seed, so
# the server starts once, and right.
cat >/usr/local/sbin/rds-seed <<'SEED'
#!/bin/sh -eu
seed=/var/lib/hivemind-seed
[ ! -f $seed/server.pem ] ||
  install -o mysql -g mysql -m 600 $seed/server.pem /etc/mysql/server.pem
[ ! -f $seed/instance.cnf ] ||
  install -m 644 $seed/instance.cnf /etc/mysql/mariadb.conf.d/90-instance.cnf
SEED
chmod 755 /usr/local/sbin/rds-seed
mkdir -p /etc/systemd/system/mariadb.service.d
cat >/etc/systemd/system/mariadb.service.d/rds.conf <<'UNIT'
[Service]
ExecStartPre=+/usr/local/sbin/rds-seed
# Debian's looks at each start for tables to upgrade, and asks for a root without a password.
ExecStartPost=
UNIT
