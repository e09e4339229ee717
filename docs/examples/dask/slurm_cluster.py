"""Starts a Dask scheduler here and its workers as Slurm jobs, with the settings of jobqueue.yaml. Ctrl-C ends both."""

import signal
import sys

from dask_jobqueue import SLURMCluster
from distributed import Security

if __name__ == "__main__":
    with SLURMCluster(protocol="tls://", security=Security()) as cluster:  # the certificates of tls.yaml
        print(cluster.job_script(), file=sys.stderr)
        cluster.scale(jobs=int(sys.argv[1]))
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
