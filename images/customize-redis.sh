# Runs inside the redis image: open to the network, without a password, as ElastiCache without
# AUTH. Port and certificate come with an instance's seed.
cat >/usr/local/sbin/cache-seed <<'SEED'
#!/bin/sh -eu
seed=/var/lib/hivemind-seed
[ ! -f $seed/server.pem ] ||
  install -o redis -g redis -m 600 $seed/server.pem /etc/redis/server.pem
[ ! -f $seed/instance.conf ] ||
  install -o redis -g redis -m 640 $seed/instance.conf /etc/redis/instance.conf
SEED
chmod 755 /usr/local/sbin/cache-seed
cat >/etc/redis/redis.conf <<'CONF'
bind * -::*
protected-mode no
supervised systemd
daemonize no
dir /var/lib/redis
pidfile /run/redis/redis-server.pid
logfile ""
# Kept over a stop of the host; as on ElastiCache, not over the loss of it.
save 900 1
# As on ElastiCache.
maxmemory 400mb
maxmemory-policy volatile-lru
rename-command BGSAVE ""
rename-command BGREWRITEAOF ""
rename-command CONFIG ""
rename-command DEBUG ""
rename-command REPLICAOF ""
rename-command SAVE ""
rename-command SHUTDOWN ""
include /etc/redis/instance.conf
CONF
: >/etc/redis/instance.conf
chown redis:redis /etc/redis/redis.conf /etc/redis/instance.conf
chmod 640 /etc/redis/redis.conf
mkdir -p /etc/systemd/system/redis-server.service.d
cat >/etc/systemd/system/redis-server.service.d/cache.conf <<'UNIT'
[Service]
ExecStartPre=+/usr/local/sbin/cache-seed
UNIT
systemctl enable --quiet redis-server.service
