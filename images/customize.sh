# Runs inside the new root, after the packages.
chmod 440 /etc/sudoers.d/90-admin
chmod 755 /usr/sbin/hivemind-first
update-ca-certificates >/dev/null

useradd --create-home --shell /bin/bash --groups adm,sudo admin
passwd --lock admin >/dev/null

# Made on the first boot of each host.
rm -f /etc/ssh/ssh_host_*
: >/etc/machine-id
rm -f /var/lib/dbus/machine-id /etc/resolv.conf
: >/etc/resolv.conf

# The network, devices, clock and kernel belong to what runs the host.
systemctl mask --quiet \
  systemd-udevd.service systemd-udevd-control.socket systemd-udevd-kernel.socket \
  systemd-udev-trigger.service systemd-networkd.service systemd-resolved.service \
  systemd-timesyncd.service getty.target console-getty.service \
  apt-daily.timer apt-daily-upgrade.timer \
  dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount \
  sys-kernel-config.mount sys-fs-fuse-connections.mount proc-sys-fs-binfmt_misc.automount \
  modprobe@.service systemd-modules-load.service
systemctl set-default --quiet multi-user.target
systemctl enable --quiet ssh.service hivemind-user-data.service

mkdir -p /var/log/journal
apt-get clean
rm -f /usr/sbin/policy-rc.d
