#!/usr/bin/env bash
# Kubernetes' API server and kubectl into .tools/bin, seven minutes of processor time; and into
# .tools/definitions the kinds that deploy/ uses besides Kubernetes' own, as their projects define them.
# Called by test/tools/install.sh, which finds Go.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
HERE=test/tools/kubernetes

mkdir -p .tools/bin
sha256sum "$HERE"/* >.tools/kubernetes.now
if cmp -s .tools/kubernetes.now .tools/kubernetes.stamp; then exit; fi

version=$(sed -n 's/^\tk8s.io\/kubernetes \(v.*\)$/\1/p' "$HERE/go.mod")
built=$(mktemp -d)
(cd "$HERE" && CGO_ENABLED=0 go build -trimpath -o "$built" \
  -ldflags "-s -w -X k8s.io/component-base/version.gitVersion=$version" .)
mv "$built/kube-apiserver" .tools/bin/
rmdir "$built"
ln -sf kube-apiserver .tools/bin/kubectl

rm -rf .tools/definitions
mkdir .tools/definitions
definitions() { # MODULE@VERSION FOLDER NAME…
  local folder name
  folder=$(go mod download -json "$1" | sed -n 's/^\s*"Dir": "\(.*\)",\?$/\1/p')/$2
  shift 2
  for name in "$@"; do install -m 644 "$folder/$name.yaml" .tools/definitions/; done
}
definitions github.com/prometheus-operator/prometheus-operator@v0.85.0 example/prometheus-operator-crd \
  monitoring.coreos.com_{podmonitors,prometheusrules,servicemonitors}
definitions sigs.k8s.io/gateway-api@v1.6.3 config/crd/standard gateway.networking.k8s.io_httproutes
definitions github.com/external-secrets/external-secrets@v1.3.2 config/crds/bases \
  external-secrets.io_externalsecrets
definitions sigs.k8s.io/secrets-store-csi-driver@v1.4.0 config/crd/bases \
  secrets-store.csi.x-k8s.io_secretproviderclasses
mv .tools/kubernetes.now .tools/kubernetes.stamp
