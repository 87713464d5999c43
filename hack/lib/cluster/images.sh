# shellcheck shell=bash
# Images under their full upstream references, made here from the programs of hack/controlplane: no registry is needed.

PAUSE_IMAGE=registry.k8s.io/pause:3.10.1

# reference, program:path... of which the first is the entrypoint
system_images() {
  cat <<EOF
$PAUSE_IMAGE pause:/pause
registry.k8s.io/coredns/coredns:v1.14.7 coredns:/coredns
EOF
}
# Two cannot be built from modules and are stand-ins: Fluent Bit ships no log (hack/controlplane/fluent-bit-stand-in.c), Grafana shows
# no dashboard (hack/controlplane/grafana-stand-in.c).
operand_images() {
  cat <<EOF
quay.io/prometheus/prometheus:v3.14.0 prometheus:/bin/prometheus promtool:/bin/promtool
quay.io/prometheus/alertmanager:v0.31.1 alertmanager:/bin/alertmanager amtool:/bin/amtool
quay.io/prometheus/node-exporter:v1.12.1 node_exporter:/bin/node_exporter
docker.io/grafana/loki:3.6.7 loki:/usr/bin/loki
docker.io/grafana/grafana:13.2.4 grafana-stand-in:/usr/share/grafana/bin/grafana
ghcr.io/open-telemetry/opentelemetry-collector-releases/opentelemetry-collector-contrib:0.152.0 otelcol:/otelcol-contrib
docker.io/fluent/fluent-bit:5.1.1 fluent-bit-stand-in:/fluent-bit/bin/fluent-bit
registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.20.0 kube-state-metrics:/kube-state-metrics
EOF
}
programs_of() { awk '{ for (i = 2; i <= NF; i++) { sub(":.*", "", $i); print $i } }'; }

# The archive of an image, made if it is not in the cache: a program's path names its content.
image_archive() { # reference program:path...
  local ref=$1 entrypoint=${2#*:} pair files=() archive
  shift
  for pair; do files+=(--file "$(readlink -f "$S/bin/${pair%%:*}"):${pair#*:}"); done
  archive=$CACHE/images/$({ cat "$HACK/image"; printf '%s\n' "$ref" "${files[@]}"; } | sha256sum | cut -c1-16).tar
  if [ ! -e "$archive" ]; then
    mkdir -p "$CACHE/images"
    "$HACK/image" --ref "$ref" --entrypoint "$entrypoint" "${files[@]}" -o "$archive" >/dev/null
  fi
  printf '%s\n' "$archive"
}

node_ctr() { ctr --address "$S/run/containerd.sock" --namespace k8s.io "$@"; }

# What an archive would be known as in the node: reference@digest. The index is the first member of an archive of ours; in one
# of other makers there may be more images than one, and then it is simply imported.
archive_identity() {
  tar -xOf "$1" --occurrence=1 index.json 2>/dev/null |
    jq -r 'if (.manifests | length) == 1 then .manifests[0] | "\(.annotations["io.containerd.image.name"])@\(.digest)" else "" end'
}

import_image() { # archive
  local identity
  identity=$(archive_identity "$1") || identity=
  if [ -n "$identity" ] && node_ctr images list 2>/dev/null | awk 'NR > 1 { print $1 "@" $3 }' | grep -qxF "$identity"; then return; fi
  node_ctr images import "$1" >/dev/null
  say "    imported ${identity%@*}"
}

import_images() { # reads the table of images
  local line
  while read -ra line; do import_image "$(image_archive "${line[@]}")"; done
}
