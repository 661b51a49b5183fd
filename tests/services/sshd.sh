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
export LC_ALL=C # what PAM asks is not in the tongue of whoever runs the tests
. "$(dirname "$0")/daemons.sh"

install_missing() {
    local missing=
    { [ -x $sshd ] && [ -x /usr/lib/openssh/sftp-server ]; } || missing+=" openssh-server"
    command -v ssh >/dev/null || missing+=" openssh-client"
    command -v ps >/dev/null || missing+=" procps"
    case ${TEST_SSHD_SHELL:-} in
        */tcsh) [ -x /usr/bin/tcsh ] || missing+=" tcsh" ;;
        */fish) [ -x /usr/bin/fish ] || missing+=" fish" ;;
    esac
    install_packages $missing
}

listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

make_user() {
    local user=$1 hash='*' # '*' rather than the default '!', which sshd takes for a locked account
    [ "$(id -u)" = 0 ] || die "only root can make the account $user"
    [ -z "${TEST_SSHD_PASSWORD:-}" ] || hash=$(openssl passwd -6 -stdin <<<"$TEST_SSHD_PASSWORD")
    # Its home stands outside the state folder, whose parents may be closed to it.
    rm -rf "/tmp/home-$user" # of a run that was killed
    alone useradd -m -d "/tmp/home-$user" -s "${TEST_SSHD_SHELL:-/bin/bash}" -p "$hash" "$user" >&2
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
    [ -f "$state/settings" ] || alone install_missing # started again, it waits for nobody
    if ! alive sshd; then
        [ "$(id -u)" != 0 ] || mkdir -p /run/sshd
        [ -f "$state/settings" ] || configure
        . "$state/settings"
        $sshd -f "$state/sshd_config" -t || die "bad configuration: $state/sshd_config"
        $sshd -f "$state/sshd_config" -E "$state/sshd.log" </dev/null >/dev/null
        for _ in $(seq 100); do listening "$SSH_PORT" && alive sshd && break; sleep 0.1; done
        alive sshd || die "sshd did not start: $(tail -3 "$state/sshd.log")"
    fi
    show
}

show() {
    alive sshd || die "not running"
    cat "$state/settings"
    echo "SSH_PID='$(cat "$state/sshd.pid")'"
}

case ${1:-} in
    start) start ;;
    env) show ;;
    status) if alive sshd; then echo running; else echo stopped; exit 3; fi ;;
    stop) end sshd ;;
    clean)
        end sshd
        if [ -f "$state/made-user" ]; then alone userdel -r "$(cat "$state/made-user")" 2>/dev/null || true; fi
        [ ! -f "$state/authorized" ] || rm -f "$(cat "$state/authorized")"
        rm -rf "$state" ;;
    *) usage ;;
esac
