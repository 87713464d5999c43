# shellcheck shell=bash
# What every part of the test cluster uses: messages, processes, waiting.

say() { printf '%s\n' "$*" >&2; }
step() { printf '==> %s\n' "$*" >&2; }
die() { printf 'hack/cluster: %s\n' "$*" >&2; exit 1; }

is_root() { [ "$(id -u)" = 0 ]; }
now_ms() { printf '%s\n' "$((${EPOCHREALTIME/./} / 1000))"; }

# Seconds since a moment given in milliseconds, as 1.2
since() { local ms=$(($(now_ms) - $1)); printf '%d.%d' $((ms / 1000)) $((ms % 1000 / 100)); }

kube() { "$S/bin/kubectl" --kubeconfig "$S/admin.kubeconfig" "$@"; }

# A component's pid, if it runs and is ours: a pid file may have outlived its process and the number may be someone else's.
pid_of() { # component
  local pid
  pid=$(cat "$S/run/$1.pid" 2>/dev/null) || return 1
  tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF "$S/" && printf '%s\n' "$pid"
}

alive() { # pid
  local state
  state=$(awk '/^State:/ { print $2 }' "/proc/$1/status" 2>/dev/null) && [ "$state" != Z ] && [ -n "$state" ]
}

# Runs a command in the cluster's network, as a component with its own log and pid file. Everything a component starts stays
# in the cluster's cgroup, so that `down` finds it.
start() { # component command...
  local name=$1
  shift
  # In its own session: a Ctrl-C for this script is not for the cluster. No lock is inherited.
  (
    enter_cgroup
    exec setsid "${IN_NET[@]}" "$@" 9>&-
  ) >>"$S/log/$name.log" 2>&1 </dev/null &
  printf '%s\n' $! >"$S/run/$name.pid"
}

terminate() { # component
  local pid
  pid=$(pid_of "$1") || return 0
  kill "$pid"
  # An API server would wait for its watches to end.
  for _ in {1..30}; do alive "$pid" || break; sleep 0.1; done
  kill -9 "$pid" 2>/dev/null || true
}

# Waits until a command succeeds ($what names it, if it is not the component itself); says at once when the component has died instead, with the end of its log.
wait_for() { # component seconds command...
  local name=$1 seconds=$2 began pid
  shift 2
  began=$(now_ms)
  pid=$(cat "$S/run/$name.pid")
  until "$@" >/dev/null 2>&1; do
    alive "$pid" || fail_with_log "$name" "$name has stopped"
    [ $(($(now_ms) - began)) -lt $((seconds * 1000)) ] || fail_with_log "$name" "$name is not ready after $seconds s"
    sleep 0.1
  done
  say "    ${what:-$name} ready ($(since "$began") s)"
}

fail_with_log() { # component message
  say "--- the end of $S/log/$1.log"
  tail -n 15 "$S/log/$1.log" >&2
  die "$2"
}

# --- commands the cluster needs of this machine, and the Debian package of each
need() { # command=package...
  local pair missing=()
  for pair in "$@"; do
    command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  if is_root && command -v apt-get >/dev/null; then
    step "installing ${missing[*]}"
    { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"; } >&2
  else
    die "please install: ${missing[*]}"
  fi
}
need_for_control_plane() { need curl=curl openssl=openssl python3=python3 jq=jq gcc=gcc ip=iproute2 setsid=util-linux; }
need_for_node() {
  need containerd=containerd ctr=containerd runc=runc iptables=iptables conntrack=conntrack
  [ -n "$(cni_folder)" ] || need bridge-plugin=containernetworking-plugins
}
cni_folder() {
  local folder
  for folder in /usr/lib/cni /opt/cni/bin; do
    if [ -x "$folder/bridge" ] && [ -x "$folder/portmap" ]; then printf '%s\n' "$folder"; return; fi
  done
}
