# Leads new connections from the application's port to the trial's, for as long as the web process
# starts over. Arguments: the port, the trial's port.
# A firewall from before releases were tried would not let them in.
rules=$(nft list chain inet hivemind input 2>/dev/null || true)
case "$rules" in
  "" | *"ct status dnat"*) ;;
  *) exit 0 ;;
esac
nft -f - <<EOT
table ip hivemind_switch
delete table ip hivemind_switch
table ip hivemind_switch {
  chain prerouting {
    type nat hook prerouting priority dstnat; policy accept;
    tcp dport $1 redirect to :$2
  }
}
EOT
echo led
