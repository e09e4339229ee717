"""How passwords reach the workers of a Dask cluster: never in a task, and encrypted for the one worker that asks.

Dask's scheduler keeps pickled tasks in its memory, and shows them in logs and on the dashboard. So a task is pickled without the password of
its target. A worker that begins a task creates a key pair, sends the public key, and gets the password encrypted for it.
"""

import io
import os
import pickle
from dataclasses import replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from parloader.database import option_file
from parloader.database.target import Target, parse_url
from parloader.errors import UsageError

URL_VARIABLE = "PARLOADER_URL"

KEY_BYTES = 32

# Each key seals one text, so its nonce need not differ
NONCE = bytes(12)


def pickled(task: object) -> tuple[bytes, str]:
    """The task without the password of its target, and that password."""
    file = io.BytesIO()
    pickler = _Pickler(file)
    pickler.dump(task)
    return file.getvalue(), pickler.password


class _Pickler(pickle.Pickler):
    password = ""

    def persistent_id(self, obj: Any) -> Target | None:
        if not isinstance(obj, Target):
            return None
        self.password = obj.password
        return replace(obj, password="")


def unpickled(data: bytes, password: str | None) -> Any:
    """The task that was given to `pickled`, with this password; None: with the credentials of this machine. UsageError: these are for another database."""
    return _Unpickler(data, password).load()


class _Unpickler(pickle.Unpickler):
    def __init__(self, data: bytes, password: str | None) -> None:
        super().__init__(io.BytesIO(data))
        self._password = password

    def persistent_load(self, pid: Any) -> Target:
        return with_own_credentials(pid) if self._password is None else replace(pid, password=self._password)


class Envelope:
    """A key pair for one text: anyone with `public_key` can encrypt it, and only this object can decrypt it."""

    def __init__(self) -> None:
        self._private_key = X25519PrivateKey.generate()
        self.public_key = self._private_key.public_key().public_bytes_raw()

    def open(self, sealed: bytes) -> str:
        sender, text = sealed[:KEY_BYTES], sealed[KEY_BYTES:]
        shared = self._private_key.exchange(X25519PublicKey.from_public_bytes(sender))
        return ChaCha20Poly1305(_derived(shared)).decrypt(NONCE, text, None).decode(errors="surrogateescape")


def seal(text: str, public_key: bytes) -> bytes:
    """The text, encrypted for the Envelope with this public key."""
    own = X25519PrivateKey.generate()
    shared = own.exchange(X25519PublicKey.from_public_bytes(public_key))
    sealed = ChaCha20Poly1305(_derived(shared)).encrypt(NONCE, text.encode(errors="surrogateescape"), None)
    return own.public_key().public_bytes_raw() + sealed


def _derived(shared: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=b"parloader password").derive(shared)


def with_own_credentials(target: Target) -> Target:
    """The target with the credentials from this machine's environment or option file. UsageError: they are for another database."""
    defaults = option_file.defaults()
    url = os.environ.get(URL_VARIABLE)
    if url is None:
        return replace(target, password=defaults.password or "")
    own = parse_url(url, defaults)
    if own.database != target.database:
        raise UsageError(
            f"{URL_VARIABLE} of the worker names the database {own.database}, not {target.database}",
            "Name the same database for the command and for its workers",
        )
    return own
