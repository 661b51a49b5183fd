# Sourced by the services beside it: programs to install, and daemons of our own to
# start and end. What belongs to a service stands in its folder, $state; a daemon's
# process id in $state/NAME.pid.

say() { echo "${0##*/}: $*" >&2; }
die() { say "$*"; exit 1; }

# The comment on top of the service, down to its settings.
usage() { sed -n '2,/^set /s/^# \{0,1\}//p' "$0" >&2; exit 2; }

# alone COMMAND...: while those who do the same at this moment wait; package managers, and tools that make accounts, would fail.
alone() {
    ( ! command -v flock >/dev/null || flock 9; "$@" 9>&- ) 9>"${TMPDIR:-/tmp}/clustrix-test-services-$(id -u).lock"
}

# install_packages NAME...: from the distribution.
install_packages() {
    [ $# != 0 ] || return 0
    [ "$(id -u)" = 0 ] || die "missing: $*, and only root can install"
    # Keep the packages from starting services of their own.
    local policy=/usr/sbin/policy-rc.d made="" failed=""
    [ -e $policy ] || { printf '#!/bin/sh\nexit 101\n' >$policy; chmod +x $policy; made=1; }
    { apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q install -y \
        --no-install-recommends -o DPkg::Lock::Timeout=600 "$@"; } >&2 || failed=1
    [ -z "$made" ] || rm -f $policy
    [ -z "$failed" ] || die "apt-get failed"
}

# alive NAME: its pid file names a running process that was started from here.
alive() {
    local pid
    pid=$(cat "$state/$1.pid" 2>/dev/null) && [ -n "$pid" ] &&
        grep -qaF -- "$state" "/proc/$pid/cmdline" "/proc/$pid/environ" 2>/dev/null
}

# run NAME COMMAND...: start a daemon that stays in the foreground.
run() {
    local name=$1
    shift
    setsid "$@" >>"$state/log/$name.out" 2>&1 </dev/null &
    echo $! >"$state/$name.pid"
}

descendants() {
    local pid
    for pid in $(ps -o pid= --ppid "$1"); do echo "$pid"; descendants "$pid"; done
}

# end NAME [SIGNAL]: stop a daemon, and all that it started.
end() {
    local pid children
    if alive "$1"; then
        pid=$(cat "$state/$1.pid")
        children=$(descendants "$pid")
        kill "-${2:-TERM}" "$pid" 2>/dev/null || true
        for _ in $(seq 100); do alive "$1" || break; sleep 0.1; done
        kill -KILL "$pid" $children 2>/dev/null || true
    fi
    rm -f "$state/$1.pid"
}

# await SECONDS COMMAND...: until it succeeds.
await() {
    local tries=$(($1 * 10))
    shift
    for _ in $(seq $tries); do "$@" >/dev/null 2>&1 && return; sleep 0.1; done
    return 1
}
