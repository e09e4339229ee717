#!/bin/sh
# Starts a Dask scheduler on this machine, and workers on each HOST over SSH, until Ctrl-C. The hosts have parloader[dask] in
# ~/parloader-venv, the certificate and tls.yaml in ~/.config/dask, and the password of the database in ~/.my.cnf (mode 0600).
#   ssh_workers.sh SCHEDULER_ADDRESS WORKERS_PER_HOST HOST...
set -eu
address=$1 workers=$2
shift 2
port=${DASK_PORT:-8786}
dask scheduler --protocol tls --host "$address" --port "$port" --dashboard-address 127.0.0.1:8787 &
scheduler=$!
trap 'kill "$scheduler"' INT TERM
for host; do
    # the workers end when the scheduler does
    ${SSH:-ssh} -n "$host" "POLARS_MAX_THREADS=1 parloader-venv/bin/dask worker tls://$address:$port --nworkers $workers --nthreads 1 \
        --resources DB=1 --death-timeout 60 --dashboard-address 127.0.0.1:0" &
done
wait || wait # a signal ends the first one
