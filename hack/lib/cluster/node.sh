# shellcheck shell=bash
# A real node: containerd, kubelet and kube-proxy of this machine, in the cluster's network and in a mount namespace of their own.

node_configuration() {
  mkdir -p "$S"/conf/cni "$S"/node/{containerd,containerd-state,kubelet,kubelet-pki,cni,ipam,run-containerd,log}
  : >"$S/conf/resolv-of-node.conf"
  printf 'nameserver 10.96.0.10\nsearch svc.cluster.local cluster.local\noptions ndots:5\n' >"$S/conf/resolv.conf"

  # restrict_oom_score_adj: without CAP_SYS_RESOURCE runc cannot lower the score, and no sandbox would start.
  # The plugin `opt` would make /opt/containerd on the host.
  cat >"$S/conf/containerd.toml" <<EOF
version = 2
root = "$S/node/containerd"
state = "$S/node/containerd-state"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.aufs", "io.containerd.internal.v1.opt"]
[grpc]
address = "$S/run/containerd.sock"
[debug]
level = "warn"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "$PAUSE_IMAGE"
restrict_oom_score_adj = true
enable_unprivileged_ports = true
enable_unprivileged_icmp = true
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "$(cni_folder)"
conf_dir = "$S/conf/cni"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
SystemdCgroup = false
EOF

  cat >"$S/conf/cni/10-belvedere.conflist" <<EOF
{
  "cniVersion": "0.4.0",
  "name": "belvedere",
  "plugins": [
    {"type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": true, "hairpinMode": true,
     "ipam": {"type": "host-local", "dataDir": "$S/node/ipam", "ranges": [[{"subnet": "10.244.0.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
    {"type": "portmap", "capabilities": {"portMappings": true}}
  ]
}
EOF

  cat >"$S/conf/kubelet.yaml" <<EOF
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $NODE_IP
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $S/pki/ca.crt}}
authorization: {mode: Webhook}
tlsCertFile: $S/pki/node0.crt
tlsPrivateKeyFile: $S/pki/node0.key
containerRuntimeEndpoint: unix://$S/run/containerd.sock
cgroupDriver: cgroupfs
cgroupRoot: /$ID
failCgroupV1: false
failSwapOn: false
oomScoreAdj: 0
clusterDNS: [10.96.0.10]
clusterDomain: cluster.local
resolvConf: $S/conf/resolv-of-node.conf
readOnlyPort: 0
evictionHard: {memory.available: 50Mi, nodefs.available: 1%, imagefs.available: 1%}
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
shutdownGracePeriod: 0s
EOF

  cat >"$S/conf/kube-proxy.yaml" <<EOF
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
clientConnection: {kubeconfig: $S/conf/kube-proxy.kubeconfig}
mode: iptables
hostnameOverride: node0
clusterCIDR: 10.244.0.0/16
metricsBindAddress: 0.0.0.0:10249
oomScoreAdj: 0
conntrack: {maxPerCore: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
EOF
}

# The node's mount namespace, which containerd and the kubelet share: every mount of a pod is gone when the node is. It has a
# process of its own, so that either of the two can be stopped and started while pods run.
start_node-mounts() {
  rm -f "$S/node/mounted"
  start node-mounts unshare --mount --propagation slave bash "$LIB/node-mounts" "$S"
}
wait_node-mounts() { wait_for node-mounts 10 test -e "$S/node/mounted"; }
start_on_node() { # component command...
  local name=$1
  shift
  start "$name" nsenter "--mount=/proc/$(pid_of node-mounts)/ns/mnt" "$@"
}

start_containerd() { start_on_node containerd containerd --config "$S/conf/containerd.toml"; }
wait_containerd() { wait_for containerd 30 node_ctr version; }

# --containerd is cAdvisor's: without it there are figures of pods, and none of containers.
start_kubelet() {
  start_on_node kubelet "$S/bin/kubelet" --config="$S/conf/kubelet.yaml" --kubeconfig="$S/conf/node0.kubeconfig" --cert-dir="$S/node/kubelet-pki" \
    --containerd="$S/run/containerd.sock" \
    --hostname-override=node0 --node-ip="$NODE_IP" --node-labels=topology.kubernetes.io/region=test,topology.kubernetes.io/zone=test-a
}
node_ready() { [ "$(kube get node node0 -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}')" = True ]; }
wait_kubelet() { what=node0 wait_for kubelet 90 node_ready; }

start_kube-proxy() { start kube-proxy "$S/bin/kube-proxy" --config="$S/conf/kube-proxy.yaml"; }
wait_kube-proxy() { wait_for kube-proxy 30 in_net curl --silent --fail --noproxy '*' http://127.0.0.1:10249/healthz; }

dns_ready() { [ "$(kube --namespace kube-system get deployment coredns -o 'jsonpath={.status.readyReplicas}')" = 1 ]; }

real_node_up() {
  step "node"
  # Service addresses work between pods of one bridge only if bridged packets are seen by iptables.
  [ -e /proc/sys/net/bridge ] || modprobe br_netfilter
  pid_of node-mounts >/dev/null || { node_configuration; start_node-mounts; wait_node-mounts; }
  pid_of containerd >/dev/null || { start_containerd; wait_containerd; }
  import_images < <(system_images)
  pid_of kubelet >/dev/null || start_kubelet
  pid_of kube-proxy >/dev/null || start_kube-proxy
  kube apply -f "$LIB/coredns.yaml" >/dev/null
  # The node registers and starts its DNS while the larger images are imported.
  if [ "$OPERANDS" = yes ]; then import_images < <(operand_images); fi
  wait_kubelet
  wait_kube-proxy
  what="cluster DNS" wait_for kubelet 60 dns_ready
}
