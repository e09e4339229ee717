"""An SSH server on 127.0.0.1 that runs every command in a folder of the test, the home of its one account. It returns no output."""

import asyncio
import os
import subprocess
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def ssh_server(asyncssh: Any, home: Path) -> Iterator[str]:
    """Runs the server; yields the command that connects to it: `ssh` with a key and a port. `asyncssh`: the package, which is optional."""
    keys = home / "ssh"
    keys.mkdir(mode=0o700)
    client_key, host_key = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    client_key.write_private_key(str(keys / "id"))
    (keys / "id").chmod(0o600)
    client_key.write_public_key(str(keys / "id.pub"))
    (keys / "known").write_text(f"* {host_key.export_public_key().decode()}")

    async def run(process: Any) -> None:
        done = await asyncio.to_thread(
            subprocess.run,
            process.command,
            shell=True,
            cwd=home,
            env={**os.environ, "HOME": str(home)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        process.exit(done.returncode)

    async def listen() -> Any:
        authorized = str(keys / "id.pub")
        return await asyncssh.listen("127.0.0.1", 0, server_host_keys=[host_key], authorized_client_keys=authorized, process_factory=run)

    async def close(server: Any) -> None:
        server.close()
        await server.wait_closed()

    with _loop() as loop:

        def wait(coroutine: Coroutine[Any, Any, Any]) -> Any:
            return asyncio.run_coroutine_threadsafe(coroutine, loop).result()

        server = wait(listen())
        try:
            yield f"ssh -F none -i {keys / 'id'} -p {server.get_port()} -o UserKnownHostsFile={keys / 'known'}"
        finally:
            wait(close(server))


@contextmanager
def _loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
