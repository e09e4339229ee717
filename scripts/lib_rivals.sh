# Sourced after lib.sh: the clients that parloader is compared with, unpacked or built below .servers/rivals. One that is not available is left out.

RIVALS=$PWD/.servers/rivals

get_rivals() {
    export PATH="$PATH:$PWD/.venv/bin"
    get_mysql2 || say "no mysql2 is available (it needs node and npm): it is left out"
    get_mysqlclient || say "no mysqlclient is available (it is built with a C compiler and Python's headers): it is left out"
    get_myloader || say "no myloader is available (Debian 12 has it in its package mydumper): it is left out"
    get_mariadb_import || say "no mariadb-import 11.8 is available (Debian 13 has it): it is left out"
}

get_mysql2() {
    [ -d "$RIVALS/mysql2/node_modules/mysql2" ] && return
    command -v npm >/dev/null || return 1
    say "installing mysql2 into .servers/rivals/mysql2"
    npm install --silent --no-audit --no-fund --prefix "$RIVALS/mysql2" mysql2 >/dev/null
}

# With the headers of libmariadb-dev, which need not be installed
get_mysqlclient() {
    [ -d "$RIVALS/mysqlclient/MySQLdb" ] && return
    unpack_debs rivals/libmariadb-dev "" libmariadb-dev || return 1
    library=$(dirname "$(find "$RIVALS/libmariadb-dev" -name libmariadb.so | head -n 1)")
    say "building mysqlclient in .servers/rivals/mysqlclient"
    MYSQLCLIENT_CFLAGS="-I$RIVALS/libmariadb-dev/usr/include/mariadb" MYSQLCLIENT_LDFLAGS="-L$library -lmariadb -Wl,-rpath,$library" \
        .venv/bin/python -m pip install --quiet --target "$RIVALS/mysqlclient" mysqlclient >&2
}

get_myloader() {
    command -v myloader >/dev/null || { unpack_debs rivals/myloader bookworm mydumper && unpacked_command myloader rivals/myloader usr/bin/myloader; }
}

# The option that leaves out indexes and constraints came with 11.8
get_mariadb_import() {
    command -v mariadb-import-11.8 >/dev/null ||
        { unpack_debs rivals/mariadb-client-11.8 trixie mariadb-client &&
            unpacked_command mariadb-import-11.8 rivals/mariadb-client-11.8 usr/bin/mariadb-import; }
}
