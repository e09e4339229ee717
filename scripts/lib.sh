# Shared by the scripts beside it (sourced, never run): the virtual environment, and the servers that are not on the machine.
# Everything made here lies in .venv, .venv-newest and .servers of this checkout; to undo it all, remove those folders.

set -eu
cd "$(dirname "$0")/.."
export PIP_DISABLE_PIP_VERSION_CHECK=1
unset PYTHONDONTWRITEBYTECODE # each command that a test starts would compile all its modules again, which takes longer than the command

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# venv [EXTRA]: .venv with parloader (and the extra's packages) in it, in the versions of constraints.txt; quick when pyproject.toml and
# constraints.txt are as they were the last time.
venv() {
    extra=${1:-}
    if ! .venv/bin/python -c '' 2>/dev/null; then
        python=
        for candidate in "${PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11; do
            if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$candidate; break; fi
        done
        [ -n "$python" ] || die "parloader needs Python 3.11 or newer and found none; install it, or name it: PYTHON=/path/to/python3 $0"
        say "creating .venv with $("$python" --version)"
        if ! "$python" -m venv .venv 2>/dev/null; then
            as_root apt-get install -y -q python3-venv >&2 || die "$python has no venv module; install it (Debian, Ubuntu: apt-get install python3-venv) and run $0 again"
            "$python" -m venv --clear .venv
        fi
    fi
    # with the extras, everything without them is there too
    if ! installed_from ".venv/.parloader-$extra" && ! installed_from .venv/.parloader-dev; then
        say "installing parloader${extra:+ with [$extra]} into .venv"
        .venv/bin/python -m pip install --quiet --constraint constraints.txt --editable ".${extra:+[$extra]}"
        cat pyproject.toml constraints.txt >".venv/.parloader-$extra"
    fi
}

# installed_from FILE: whether FILE records pyproject.toml and constraints.txt as they are now.
installed_from() { cat pyproject.toml constraints.txt | cmp -s - "$1"; }

# newest: .venv-newest with parloader and the newest versions of everything that it and its development need. .venv stays as it is.
newest() {
    venv dev
    .venv-newest/bin/python -c '' 2>/dev/null || .venv/bin/python -m venv --clear .venv-newest
    say "installing the newest version of every dependency into .venv-newest"
    .venv-newest/bin/python -m pip install --quiet --upgrade --upgrade-strategy eager --editable '.[dev]'
}

# as_root COMMAND...: as root, by sudo where that asks no question; fails where neither is possible.
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then sudo -n "$@"; else return 1; fi
}

# server_binary [MariaDB|MySQL]: prints where parloader itself would find such a server; fails where it would not.
server_binary() { .venv/bin/python -m parloader.database.private_server.binary "$@" 2>/dev/null; }

# unpack_debs FOLDER SUITE PACKAGE...: the packages and the libraries that they link, unpacked below .servers/FOLDER without root, from the mirror
# that the machine's own sources name; of this suite of Debian, or of the machine's own release if it is "".
unpack_debs() {
    root=$PWD/.servers/$1 suite=$2
    shift 2
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || return 1
    packages="$*"
    rm -rf "$root"
    mkdir -p "$root/apt/lists/partial" "$root/apt/cache/archives/partial" "$root/debs"
    set -- -q -o "Dir::State::lists=$root/apt/lists" -o "Dir::Cache=$root/apt/cache" -o "APT::Sandbox::User=$(id -un)" -o Acquire::Languages=none
    if [ -n "$suite" ]; then
        mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -m 1 '/debian/*$') || return 1
        key=/usr/share/keyrings/debian-archive-keyring.gpg
        echo "deb [signed-by=$key] $mirror $suite main" >"$root/apt/sources.list"
        set -- "$@" -o "Dir::Etc::sourcelist=$root/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
    fi
    say "fetching $packages${suite:+ of $suite} into ${root#"$PWD"/} (a plain folder: no service, no package installed)"
    apt-get "$@" update >"$root/apt/log" 2>&1 || { tail -n 5 "$root/apt/log" >&2; return 1; }
    # shellcheck disable=SC2086  # a list of package names
    needed=$(apt-cache "$@" depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances $packages |
        grep '^[a-z0-9]' | grep -v perl | sort -u) || return 1
    # shellcheck disable=SC2086
    (cd "$root/debs" && apt-get "$@" download $needed >>"$root/apt/log" 2>&1) || { tail -n 5 "$root/apt/log" >&2; return 1; }
    for deb in "$root"/debs/*.deb; do dpkg-deb -x "$deb" "$root" || return 1; done
    rm -rf "$root/apt" "$root/debs"
}

# unpacked_command COMMAND FOLDER PROGRAM [ARGUMENT...]: .venv/bin/COMMAND, which starts a program below .servers/FOLDER by the ld.so that was unpacked
# with it; these arguments come after its own. Its clients find their plugins.
unpacked_command() {
    command=$1 root=$PWD/.servers/$2 program=$3
    shift 3
    loader=$(find "$root" -name 'ld-linux*.so.*' | head -n 1)
    libraries=$(dirname "$(find "$root" -name 'libgcc_s.so.1' | head -n 1)") # /usr/lib and /lib are one folder, but not in every package
    libraries=$root/usr/lib/$(basename "$libraries"):$root/lib/$(basename "$libraries")
    cat >".venv/bin/$command" <<WRAPPER
#!/bin/sh
# $program, unpacked; started by its own loader and libraries
MARIADB_PLUGIN_DIR="${libraries%%:*}/libmariadb3/plugin" exec "$loader" --library-path "$libraries" "$root/$program" "\$@" $*
WRAPPER
    chmod +x ".venv/bin/$command"
    ".venv/bin/$command" --no-defaults --version >/dev/null 2>&1 || ".venv/bin/$command" --version >/dev/null
}

# unpack_server COMMAND SUITE PACKAGE PROGRAM: a server, and a command .venv/bin/COMMAND that starts it.
unpack_server() {
    unpack_debs "$1" "$2" "$3" || return 1
    messages=$(dirname "$(dirname "$(find "$root/usr/share" -path '*/english/errmsg.sys' | head -n 1)")")
    unpacked_command "$1" "$1" "$4" "--basedir='$root/usr' --lc-messages-dir='$messages' --plugin-dir='$root/usr/lib/mysql/plugin'"
}

# get_mariadb: a MariaDB that parloader finds; fails where there is no way to one. Installs no service.
get_mariadb() {
    server_binary MariaDB >/dev/null && return
    if command -v apt-get >/dev/null; then
        if [ "$(id -u)" = 0 ] || as_root true; then
            say "installing mariadb-server-core (server binaries only; no service is registered)"
            as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends mariadb-server-core >/dev/null 2>&1 ||
                { as_root apt-get update -q >/dev/null 2>&1 &&
                    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends mariadb-server-core >/dev/null; } || true
            server_binary MariaDB >/dev/null && return
        fi
        unpack_server mariadbd "" mariadb-server-core usr/sbin/mariadbd && return
    fi
    if command -v brew >/dev/null; then
        say "installing mariadb with Homebrew (no service is started)"
        brew install --quiet mariadb >&2 && server_binary MariaDB >/dev/null && return
    fi
    return 1
}

# get_galera: what tests/support/cluster.py needs for a Galera cluster of MariaDB; fails where there is no way to it. Installs no service:
# mariadb-server, which has the scripts that copy a node's data, would be one, so it is only unpacked, into .servers/galera.
get_galera() {
    has_galera && return
    get_mariadb && command -v apt-get >/dev/null && as_root true || return 1
    say "installing galera-4 and rsync (a library and a program; no service is started)"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends galera-4 rsync iproute2 >/dev/null 2>&1 ||
        { as_root apt-get update -q >/dev/null 2>&1 &&
            as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends galera-4 rsync iproute2 >/dev/null; } || true
    if ! command -v wsrep_sst_rsync >/dev/null || ! command -v my_print_defaults >/dev/null; then
        rm -rf .servers/galera
        mkdir -p .servers/galera
        (cd .servers/galera &&
            { apt-get download -q mariadb-server mariadb-client-core ||
                { as_root apt-get update -q && apt-get download -q mariadb-server mariadb-client-core; }; } &&
            for deb in mariadb-*.deb; do dpkg-deb -x "$deb" . && rm "$deb" || exit 1; done) >/dev/null 2>&1 || true
    fi
    has_galera
}
has_galera() { PYTHONPATH="$PWD/tests" .venv/bin/python -c 'import sys; from support.cluster import missing; sys.exit(missing())' 2>/dev/null; }

# get_mariadb_11_8: the command mariadbd-11.8, of Debian 13; fails if there is no way to it. parloader itself looks for mariadbd, so only the
# tests find it.
get_mariadb_11_8() {
    command -v mariadbd-11.8 >/dev/null || .venv/bin/mariadbd-11.8 --no-defaults --version >/dev/null 2>&1 ||
        unpack_server mariadbd-11.8 trixie mariadb-server-core usr/sbin/mariadbd
}

# get_mysql: a MySQL that parloader finds; fails where there is no way to one. Debian has it in sid only.
get_mysql() {
    server_binary MySQL >/dev/null && return
    unpack_server mysqld sid mysql-server-core usr/sbin/mysqld && return
    if command -v brew >/dev/null; then brew install --quiet mysql >&2 && server_binary MySQL >/dev/null && return; fi
    return 1
}
