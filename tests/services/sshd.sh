#!/bin/bash
# A private OpenSSH server on loopback for tests. Needs no systemd.
#
#   eval "$(sshd.sh start)"   start it (again: only print); then for instance
#   ssh -F "$SSH_CONFIG" testhost true
#   or with SSH_HOST, SSH_PORT, SSH_USER, SSH_KEY, SSH_KNOWN_HOSTS
#   sshd.sh env | status | stop
#   sshd.sh clean             stop, delete the state and a user that start made
#
# Settings (environment), read by the first start:
#   TEST_SSHD_STATE   folder for keys, configuration, logs (/tmp/test-sshd-UID)
#   TEST_SSHD_PORT    port                                 (first free from 20022)
#   TEST_SSHD_USER    account to log in as                 (the current one);
#                     as root, an account that is missing is made
#   TEST_SSHD_SHELL   login shell of an account that is made (/bin/bash)
#   TEST_SSHD_PASSWORD  password of an account that is made; passwords are taken then
#   TEST_SSHD_SETENV  "A=1 B=2": environment of every session, set by the server
#   TEST_SSHD_EXTRA   more sshd_config lines, such as "MaxSessions 2"
set -euo pipefail

state=$(realpath -m "${TEST_SSHD_STATE:-${TMPDIR:-/tmp}/test-sshd-$(id -u)}")
sshd=/usr/sbin/sshd

say() { echo "sshd.sh: $*" >&2; }
die() { say "$*"; exit 1; }

install_missing() {
    local missing=
    { [ -x $sshd ] && [ -x /usr/lib/openssh/sftp-server ]; } || missing+=" openssh-server"
    command -v ssh >/dev/null || missing+=" openssh-client"
    command -v ps >/dev/null || missing+=" procps"
    case ${TEST_SSHD_SHELL:-} in
        */tcsh) [ -x /usr/bin/tcsh ] || missing+=" tcsh" ;;
        */fish) [ -x /usr/bin/fish ] || missing+=" fish" ;;
    esac
    [ -n "$missing" ] || return 0
    [ "$(id -u)" = 0 ] || die "missing:$missing, and only root can install"
    # Keep the packages from starting services of their own.
    local policy=/usr/sbin/policy-rc.d made="" failed=""
    [ -e $policy ] || { printf '#!/bin/sh\nexit 101\n' >$policy; chmod +x $policy; made=1; }
    { apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q install -y \
        --no-install-recommends -o DPkg::Lock::Timeout=600 $missing; } >&2 || failed=1
    [ -z "$made" ] || rm -f $policy
    [ -z "$failed" ] || die "apt-get failed"
}

# alive: the pid file names a running process that was started from here.
alive() {
    local pid
    pid=$(cat "$state/sshd.pid" 2>/dev/null) && [ -n "$pid" ] &&
        grep -qaF -- "$state" "/proc/$pid/cmdline" 2>/dev/null
}

descendants() {
    local pid
    for pid in $(ps -o pid= --ppid "$1"); do echo "$pid"; descendants "$pid"; done
}

# Stop it and all that it started: a command that ran in a session without a
# terminal outlives the session, so ending sshd alone would not do.
stop() {
    local pid children
    if alive; then
        pid=$(cat "$state/sshd.pid")
        children=$(descendants "$pid")
        kill "$pid" $children 2>/dev/null || true
        for _ in $(seq 50); do alive || break; sleep 0.1; done
        kill -9 "$pid" $children 2>/dev/null || true
    fi
    rm -f "$state/sshd.pid"
}

listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

make_user() {
    local user=$1 hash='*' # '*' rather than the default '!', which sshd takes for a locked account
    [ "$(id -u)" = 0 ] || die "only root can make the account $user"
    [ -z "${TEST_SSHD_PASSWORD:-}" ] || hash=$(openssl passwd -6 -stdin <<<"$TEST_SSHD_PASSWORD")
    # Its home stands outside the state folder, whose parents may be closed to it.
    useradd -m -d "/tmp/home-$user" -s "${TEST_SSHD_SHELL:-/bin/bash}" -p "$hash" "$user" >&2
    echo "$user" >"$state/made-user"
}

configure() {
    local user=${TEST_SSHD_USER:-$(id -un)} home port=${TEST_SSHD_PORT:-}
    umask 022
    mkdir -p "$state"
    id "$user" >/dev/null 2>&1 || make_user "$user"
    home=$(getent passwd "$user" | cut -d: -f6)
    [ -d "$home" ] || [ "$(id -u)" != 0 ] || install -d -o "$user" "$home"
    [ -f "$state/host_key" ] || ssh-keygen -q -t ed25519 -N '' -C test-host -f "$state/host_key"
    [ -f "$state/client_key" ] || ssh-keygen -q -t ed25519 -N '' -C test-client -f "$state/client_key"
    # sshd reads it as the user, who may not get into the state folder.
    local authorized
    authorized=$(mktemp /tmp/test-sshd-authorized-XXXXXX)
    cp "$state/client_key.pub" "$authorized"
    chmod 644 "$authorized"
    echo "$authorized" >"$state/authorized"
    if [ -z "$port" ]; then
        for port in $(seq 20022 20999); do listening "$port" || break; done
    fi
    cat >"$state/sshd_config" <<-CONF
	${TEST_SSHD_EXTRA:-}
	ListenAddress 127.0.0.1
	Port $port
	HostKey $state/host_key
	PidFile $state/sshd.pid
	AuthorizedKeysFile $authorized
	AllowUsers $user
	PermitRootLogin prohibit-password
	PasswordAuthentication $([ -n "${TEST_SSHD_PASSWORD:-}" ] && echo yes || echo no)
	KbdInteractiveAuthentication no
	UsePAM no
	StrictModes no
	UseDNS no
	PrintMotd no
	MaxStartups 100
	Subsystem sftp /usr/lib/openssh/sftp-server
	${TEST_SSHD_SETENV:+SetEnv $TEST_SSHD_SETENV}
	CONF
    cat >"$state/settings" <<-ENV
	SSH_HOST='127.0.0.1'
	SSH_PORT='$port'
	SSH_USER='$user'
	SSH_HOME='$home'
	SSH_KEY='$state/client_key'
	SSH_KNOWN_HOSTS='$state/known_hosts'
	SSH_CONFIG='$state/ssh_config'
	SSH_LOG='$state/sshd.log'
	ENV
    echo "[127.0.0.1]:$port $(cut -d' ' -f1,2 "$state/host_key.pub")" >"$state/known_hosts"
    cat >"$state/ssh_config" <<-CONF
	Host testhost
	    HostName 127.0.0.1
	    Port $port
	    User $user
	    IdentityFile $state/client_key
	    IdentitiesOnly yes
	    UserKnownHostsFile $state/known_hosts
	    StrictHostKeyChecking yes
	CONF
}

start() {
    install_missing
    if ! alive; then
        [ "$(id -u)" != 0 ] || mkdir -p /run/sshd
        [ -f "$state/settings" ] || configure
        . "$state/settings"
        $sshd -f "$state/sshd_config" -t || die "bad configuration: $state/sshd_config"
        $sshd -f "$state/sshd_config" -E "$state/sshd.log" </dev/null >/dev/null
        for _ in $(seq 100); do listening "$SSH_PORT" && alive && break; sleep 0.1; done
        alive || die "sshd did not start: $(tail -3 "$state/sshd.log")"
    fi
    show
}

show() {
    alive || die "not running"
    cat "$state/settings"
    echo "SSH_PID='$(cat "$state/sshd.pid")'"
}

case ${1:-} in
    start) start ;;
    env) show ;;
    status) if alive; then echo running; else echo stopped; exit 3; fi ;;
    stop) stop ;;
    clean)
        stop
        if [ -f "$state/made-user" ]; then userdel -r "$(cat "$state/made-user")" 2>/dev/null || true; fi
        [ ! -f "$state/authorized" ] || rm -f "$(cat "$state/authorized")"
        rm -rf "$state" ;;
    *) sed -n '2,/^set /s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
