#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Installs what the tests need and this machine lacks: Debian packages if it is
# root, npm packages from the committed lock files, and the pinned promtool, amtool and
# thanos. It starts no service. Where it cannot install something it says so and
# goes on: the tests that need it are then skipped by name. If nothing lacks, it
# needs no network.
set -eu
cd "$(dirname "$0")/.."

warn() { printf '\n*** %s\n\n' "$*" >&2; }

# The policy file that keeps Debian from starting services, while packages are
# installed; what was there before comes back.
policy=/usr/sbin/policy-rc.d
saved=$policy.pharos-saved
restore_policy() {
  trap - EXIT INT TERM
  if [ -e "$saved" ]; then mv -f "$saved" "$policy"; else rm -f "$policy"; fi
}
forbid_services() {
  if [ -e "$policy" ] && [ ! -e "$saved" ]; then mv "$policy" "$saved"; fi
  trap restore_policy EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 0755 "$policy"
}

# lacking prints the Debian packages whose program is not there.
lacking() {
  while read -r program package; do
    command -v "$program" >/dev/null 2>&1 || printf ' %s' "$package"
  done <<'PROGRAMS'
gcc gcc libc6-dev
prometheus prometheus
prometheus-alertmanager prometheus-alertmanager
prometheus-blackbox-exporter prometheus-blackbox-exporter
victoria-metrics victoria-metrics
vmalert victoria-metrics
/usr/lib/nagios/plugins/check_load monitoring-plugins-basic
/usr/lib/rabbitmq/bin/rabbitmq-server rabbitmq-server
ip iproute2
sshd openssh-server
prosody prosody
curl curl
node nodejs
xmllint libxml2-utils
npm npm
systemd-analyze systemd
dbus-daemon dbus-daemon
chromium chromium fonts-dejavu-core
/usr/lib/postgresql/15/bin/initdb postgresql-15
PROGRAMS
}

apt_install() {
  apt-get install -y -q --no-install-recommends "$@" </dev/null
}

install_debian() {
  packages=$(lacking)
  [ -n "$packages" ] || return 0
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    warn "missing, and not installed because this is not root on Debian:$packages"
    return 0
  fi
  echo "installing Debian packages:$packages"
  export DEBIAN_FRONTEND=noninteractive
  forbid_services
  # shellcheck disable=SC2086 # a list of names
  if ! apt_install $packages; then
    # The lists are missing or old, or one package can't be had: the others still can.
    apt-get update -q </dev/null || warn "could not update the list of Debian packages"
    for package in $packages; do
      apt_install "$package" || warn "could not install the Debian package $package"
    done
  fi
  restore_policy
}

install_npm() {
  # safe.directory: a clean checkout may belong to another user than the one who tests.
  locks=$(git -c safe.directory='*' ls-files '*package-lock.json')
  [ -n "$locks" ] || return 0
  if ! command -v npm >/dev/null 2>&1; then
    warn "npm is not installed: the tests in a browser and those with npm packages are skipped (Node 18 or later does)"
    return 0
  fi
  for lock in $locks; do
    folder=$(dirname "$lock")
    # npm writes this file last.
    if [ "$folder/node_modules/.package-lock.json" -nt "$lock" ]; then continue; fi
    echo "installing npm packages in $folder"
    (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund </dev/null) ||
      { rm -rf "$folder/node_modules"; warn "could not install the npm packages of $folder"; }
  done
}

install_debian
install_npm
for tool in promtool amtool thanos; do
  scripts/tool.sh "$tool" >/dev/null || warn "could not build $tool"
done
