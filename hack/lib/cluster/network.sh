# shellcheck shell=bash
# The cluster's own network namespace and cgroup. Nothing of the host is touched: taking the two away takes the cluster away.
# Without root there is neither; then everything listens on 127.0.0.1, on ports of the cluster's own.

# shellcheck disable=SC2034 # used by the other parts
# Sets the addresses of the cluster from its slot, the number that keeps clusters of different names apart.
use_slot() { # slot
  SLOT=$1
  if is_root; then
    NET=10.77.$SLOT
    NODE_IP=$NET.1
    # nsenter and not `ip netns exec`: the latter mounts /sys anew and hides the cgroups from the kubelet.
    IN_NET=(nsenter "--net=/run/netns/$ID")
  else
    NODE_IP=127.0.0.1
    IN_NET=()
  fi
}

# A port is the usual one where the network is the cluster's own.
port() { # usual port
  if is_root; then printf '%s\n' "$1"; else printf '%s\n' $((20000 + SLOT * 100 + $1 % 100)); fi
}
# Every API server has an address of its own, so that each is an endpoint of the Service `kubernetes`.
api_ip() { if is_root; then printf '%s\n' "$NET.$1"; else printf '%s\n' 127.0.0.1; fi; }
api_port() { if is_root; then printf '%s\n' 6443; else port "640$1"; fi; }
api_url() { printf 'https://%s:%s\n' "$(api_ip "$1")" "$(api_port "$1")"; }

free_slot() {
  local slot taken
  taken=" $(cat "$CLUSTERS"/*/slot 2>/dev/null | tr '\n' ' ')"
  for ((slot = 0; slot < 200; slot++)); do
    [[ $taken == *" $slot "* ]] && continue
    # Someone else's network of the same numbers is not ours to take.
    if is_root && ip -4 route show | grep -qE "^10\.77\.$slot\."; then continue; fi
    printf '%s\n' "$slot"
    return
  done
  die "no free subnet in 10.77.0.0/16"
}

network_up() {
  is_root || return 0
  local i host="bvd-$SLOT"
  if [ ! -e "$S/run/network" ] || [ ! -e "/run/netns/$ID" ]; then
    network_down
    ip netns add "$ID"
    ip link add "$host" type veth peer name eth0 netns "$ID"
    ip address add "$NET.254/24" dev "$host"
    ip link set "$host" up
    ip -netns "$ID" link set lo up
    for ((i = 1; i <= APISERVERS; i++)); do ip -netns "$ID" address add "$NET.$i/24" dev eth0; done
    ip -netns "$ID" link set eth0 up
    ip -netns "$ID" route add default via "$NET.254"
    touch "$S/run/network"
  fi
}

network_down() {
  is_root || return 0
  ip link delete "bvd-$SLOT" 2>/dev/null || true
  ip netns delete "$ID" 2>/dev/null || true
}

# --- cgroups
# Version 1 has a tree for each controller, version 2 one tree for all; a hybrid has both, the second without controllers.
cgroup_trees() { awk '$3 == "cgroup" || $3 == "cgroup2" { print $2 }' /proc/mounts; }

cgroup_up() {
  is_root || return 0
  local tree
  while read -r tree; do
    mkdir -p "$tree/$ID"
    case $tree in
      /sys/fs/cgroup)
        # The kubelet wants every controller in the group that it divides among pods.
        sed 's/[^ ]*/+&/g' "$tree/cgroup.controllers" >"$tree/cgroup.subtree_control"
        sed 's/[^ ]*/+&/g' "$tree/$ID/cgroup.controllers" >"$tree/$ID/cgroup.subtree_control"
        mkdir -p "$tree/$ID/host"
        ;;
      */pids) mkdir -p "$tree/$ID/host" ;;
    esac
  done < <(cgroup_trees)
}

# The components are only counted, in one tree: to whom their memory is accounted is left as it was.
enter_cgroup() {
  is_root || return 0
  local tree
  for tree in /sys/fs/cgroup /sys/fs/cgroup/pids; do
    if [ -e "$tree/$ID/host/cgroup.procs" ]; then printf '%s\n' "$BASHPID" >"$tree/$ID/host/cgroup.procs"; fi
  done
}

cgroup_pids() {
  local tree
  while read -r tree; do
    find "$tree/$ID" -name cgroup.procs -exec cat {} + 2>/dev/null
  done < <(cgroup_trees) | sort -u
}

cgroup_down() {
  is_root || return 0
  local tree
  while read -r tree; do
    [ ! -d "$tree/$ID" ] || find "$tree/$ID" -depth -type d -exec rmdir {} + 2>/dev/null || true
  done < <(cgroup_trees)
}
