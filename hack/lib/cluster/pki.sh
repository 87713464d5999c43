# shellcheck shell=bash
# Certificates, service account keys and kubeconfigs. They live as long as the cluster.

authority() { # name common-name
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=$2" \
    -addext basicConstraints=critical,CA:true -addext keyUsage=critical,keyCertSign,digitalSignature \
    -keyout "$S/pki/$1.key" -out "$S/pki/$1.crt" 2>/dev/null
}

certificate() { # authority name subject [subjectAltName]
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "$3" -keyout "$S/pki/$2.key" -out "$S/pki/$2.csr" 2>/dev/null
  openssl x509 -req -in "$S/pki/$2.csr" -CA "$S/pki/$1.crt" -CAkey "$S/pki/$1.key" -days 3650 -out "$S/pki/$2.crt" 2>/dev/null -extfile <(
    echo "keyUsage=critical,digitalSignature"
    echo "extendedKeyUsage=clientAuth,serverAuth"
    if [ -n "${4:-}" ]; then echo "subjectAltName=$4"; fi
  )
  rm "$S/pki/$2.csr"
}

# A kubeconfig with everything inside: it works from the host and from inside the cluster's network, and can be copied.
kubeconfig() { # certificate file
  local base64=(base64 --wrap=0)
  cat >"$2" <<EOF
apiVersion: v1
kind: Config
current-context: $NAME
contexts:
- name: $NAME
  context: {cluster: $NAME, user: $1}
clusters:
- name: $NAME
  cluster:
    server: $(api_url 1)
    certificate-authority-data: $("${base64[@]}" "$S/pki/ca.crt")
users:
- name: $1
  user:
    client-certificate-data: $("${base64[@]}" "$S/pki/$1.crt")
    client-key-data: $("${base64[@]}" "$S/pki/$1.key")
EOF
}

pki_up() {
  [ ! -e "$S/pki/done" ] || return 0
  local i names="DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local,DNS:localhost"
  names+=",IP:127.0.0.1,IP:10.96.0.1"
  if is_root; then for ((i = 1; i <= APISERVERS; i++)); do names+=",IP:$(api_ip "$i")"; done; fi
  authority ca kubernetes-ca
  authority front-proxy-ca front-proxy-ca
  certificate ca apiserver /CN=kube-apiserver "$names"
  certificate ca kubelet-client /O=system:masters/CN=kube-apiserver-kubelet-client
  certificate front-proxy-ca front-proxy /CN=front-proxy-client
  certificate ca admin /O=system:masters/CN=admin
  certificate ca kube-controller-manager /CN=system:kube-controller-manager
  certificate ca kube-scheduler /CN=system:kube-scheduler
  certificate ca provisioner /O=system:masters/CN=provisioner
  certificate ca node0 /O=system:nodes/CN=system:node:node0 "DNS:node0,IP:$NODE_IP"
  certificate ca kube-proxy /CN=system:kube-proxy
  certificate ca kwok /O=system:masters/CN=kwok
  openssl genrsa -out "$S/pki/service-account.key" 2048 2>/dev/null
  openssl rsa -in "$S/pki/service-account.key" -pubout -out "$S/pki/service-account.pub" 2>/dev/null
  for i in admin kube-controller-manager kube-scheduler node0 kube-proxy kwok; do kubeconfig "$i" "$S/conf/$i.kubeconfig"; done
  mv "$S/conf/admin.kubeconfig" "$S/admin.kubeconfig"
  touch "$S/pki/done"
}
