# shellcheck shell=bash
# etcd, API servers, controller manager, scheduler, the volume provisioner and, where nodes are fake, kwok.

ready() { # url path
  curl --silent --fail --max-time 2 --noproxy '*' --cacert "$S/pki/ca.crt" --cert "$S/pki/admin.crt" --key "$S/pki/admin.key" "$1$2"
}
ready_self_signed() { curl --silent --fail --max-time 2 --noproxy '*' --insecure "$1"; }
in_net() { "${IN_NET[@]}" "$@"; }

start_etcd() {
  local client peer
  client=http://127.0.0.1:$(port 2379) peer=http://127.0.0.1:$(port 2380)
  # Nothing here outlives the machine's next crash, so nothing is synced to its disk.
  start etcd "$S/bin/etcd" --data-dir="$S/etcd" --unsafe-no-fsync --log-level=warn \
    --listen-client-urls="$client" --advertise-client-urls="$client" --listen-peer-urls="$peer" \
    --initial-advertise-peer-urls="$peer" --initial-cluster="default=$peer" --quota-backend-bytes=4294967296
}
wait_etcd() { wait_for etcd 20 in_net curl --silent --fail --noproxy '*' "http://127.0.0.1:$(port 2379)/health"; }

start_kube-apiserver() { start_apiserver 1; }
start_apiserver() { # number
  local ip name=kube-apiserver options=()
  ip=$(api_ip "$1")
  [ "$1" = 1 ] || name+=-$1
  # A loopback address cannot be an endpoint of the Service `kubernetes`.
  is_root || options+=(--endpoint-reconciler-type=none)
  start "$name" "$S/bin/kube-apiserver" \
    --etcd-servers="http://127.0.0.1:$(port 2379)" \
    --bind-address="$ip" --advertise-address="$ip" --secure-port="$(api_port "$1")" \
    --tls-cert-file="$S/pki/apiserver.crt" --tls-private-key-file="$S/pki/apiserver.key" --client-ca-file="$S/pki/ca.crt" \
    --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction --allow-privileged=true \
    --service-cluster-ip-range=10.96.0.0/16 \
    --service-account-issuer=https://kubernetes.default.svc.cluster.local \
    --service-account-key-file="$S/pki/service-account.pub" --service-account-signing-key-file="$S/pki/service-account.key" \
    --kubelet-client-certificate="$S/pki/kubelet-client.crt" --kubelet-client-key="$S/pki/kubelet-client.key" \
    --kubelet-certificate-authority="$S/pki/ca.crt" --kubelet-preferred-address-types=InternalIP \
    --requestheader-client-ca-file="$S/pki/front-proxy-ca.crt" --requestheader-allowed-names=front-proxy-client \
    --requestheader-username-headers=X-Remote-User --requestheader-group-headers=X-Remote-Group \
    --requestheader-extra-headers-prefix=X-Remote-Extra- \
    --proxy-client-cert-file="$S/pki/front-proxy.crt" --proxy-client-key-file="$S/pki/front-proxy.key" --enable-aggregator-routing=true \
    --audit-policy-file="$LIB/audit-policy.yaml" --audit-log-path="$S/audit.log" --audit-log-maxsize=100000 \
    "${options[@]}"
}
wait_kube-apiserver() { wait_apiserver 1; }
wait_apiserver() { # number
  local name=kube-apiserver
  [ "$1" = 1 ] || name+=-$1
  wait_for "$name" 90 ready "$(api_url "$1")" /readyz
}

start_kube-controller-manager() {
  local options=()
  if [ "$NODES" = real ]; then options+=(--allocate-node-cidrs=true --cluster-cidr=10.244.0.0/16); fi
  start kube-controller-manager "$S/bin/kube-controller-manager" \
    --kubeconfig="$S/conf/kube-controller-manager.kubeconfig" --authentication-kubeconfig="$S/conf/kube-controller-manager.kubeconfig" \
    --authorization-kubeconfig="$S/conf/kube-controller-manager.kubeconfig" --secure-port="$(port 10257)" \
    --use-service-account-credentials --root-ca-file="$S/pki/ca.crt" --service-account-private-key-file="$S/pki/service-account.key" \
    --cluster-signing-cert-file="$S/pki/ca.crt" --cluster-signing-key-file="$S/pki/ca.key" \
    --leader-elect=false --horizontal-pod-autoscaler-sync-period=2s --kube-api-qps=200 --kube-api-burst=400 "${options[@]}"
}
wait_kube-controller-manager() { wait_for kube-controller-manager 60 ready_self_signed "https://$NODE_IP:$(port 10257)/healthz"; }

start_kube-scheduler() {
  start kube-scheduler "$S/bin/kube-scheduler" \
    --kubeconfig="$S/conf/kube-scheduler.kubeconfig" --authentication-kubeconfig="$S/conf/kube-scheduler.kubeconfig" \
    --authorization-kubeconfig="$S/conf/kube-scheduler.kubeconfig" --secure-port="$(port 10259)" --leader-elect=false
}
wait_kube-scheduler() { wait_for kube-scheduler 60 ready_self_signed "https://$NODE_IP:$(port 10259)/healthz"; }

start_provisioner() {
  local options=()
  if [ "$NODES" = real ]; then options+=(--node node0); fi
  start provisioner python3 "$LIB/provisioner" --server "$(api_url 1)" --ca "$S/pki/ca.crt" \
    --certificate "$S/pki/provisioner.crt" --key "$S/pki/provisioner.key" --folder "$S/volumes" "${options[@]}"
}
wait_provisioner() { :; }

start_kwok() {
  start kwok "$S/bin/kwok" --kubeconfig="$S/conf/kwok.kubeconfig" --config="$LIB/kwok-stages.yaml" --manage-all-nodes=true --node-ip="$NODE_IP" \
    --node-port="$(port 10247)" --server-address="$NODE_IP:$(port 10247)" --cidr=10.0.0.1/16 --node-lease-duration-seconds=40
}
wait_kwok() { wait_for kwok 30 ready_self_signed "http://$NODE_IP:$(port 10247)/healthz"; }

fake_nodes() { # count
  local i zones=(a b c)
  for ((i = 0; i < $1; i++)); do
    cat <<EOF
---
apiVersion: v1
kind: Node
metadata:
  name: node$i
  labels:
    kubernetes.io/hostname: node$i
    kubernetes.io/os: linux
    kubernetes.io/arch: amd64
    topology.kubernetes.io/region: test
    topology.kubernetes.io/zone: test-${zones[i % 3]}
status:
  allocatable: {cpu: "32", memory: 256Gi, ephemeral-storage: 1Ti, pods: "1000"}
  capacity: {cpu: "32", memory: 256Gi, ephemeral-storage: 1Ti, pods: "1000"}
EOF
  done
}

# Starts what is not running, in an order in which each finds what it needs; then waits for all.
control_plane_up() {
  local i name
  if ! pid_of etcd >/dev/null; then start_etcd; wait_etcd; fi
  for ((i = 1; i <= APISERVERS; i++)); do
    name=kube-apiserver
    [ "$i" = 1 ] || name+=-$i
    pid_of "$name" >/dev/null || start_apiserver "$i"
  done
  for ((i = 1; i <= APISERVERS; i++)); do wait_apiserver "$i"; done
  for name in kube-controller-manager kube-scheduler provisioner; do
    pid_of "$name" >/dev/null || "start_$name"
  done
  [ -e "$S/run/manifests" ] || kube apply -f "$LIB/storage-class.yaml" >/dev/null
  for name in kube-controller-manager kube-scheduler; do "wait_$name"; done
  # A pod can only be made where the service account `default` is.
  until kube get serviceaccount default -o name >/dev/null 2>&1; do sleep 0.1; done
  touch "$S/run/manifests"
}

fake_nodes_up() { # count
  if ! pid_of kwok >/dev/null; then start_kwok; wait_kwok; fi
  fake_nodes "$1" | kube apply --server-side --field-manager=hack-cluster -f - >/dev/null
  kube wait --for=condition=Ready --timeout=60s nodes --all >/dev/null
  say "    $1 fake nodes ready"
}
