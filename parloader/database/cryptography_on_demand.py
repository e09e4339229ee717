"""PyMySQL without the package cryptography, until a login needs it.

PyMySQL imports it at once, which is a tenth of the start of every process. Only the logins of sha256_password and caching_sha2_password
over a connection that is neither encrypted nor a Unix socket need it, to encrypt the password with the server's key.

Imported before any module imports PyMySQL (database/__init__.py).
"""

import importlib
import sys

PACKAGE = "cryptography"


def _encrypt(password: bytes, salt: bytes, public_key: bytes) -> bytes:
    """Takes the place of PyMySQL's function: puts it back, with the package, and calls it."""
    importlib.reload(_auth)
    encrypted: bytes = _auth.sha2_rsa_encrypt(password, salt, public_key)
    return encrypted


if PACKAGE in sys.modules:
    from pymysql import _auth
else:
    sys.modules[PACKAGE] = None  # type: ignore[assignment]  # an import of it fails
    try:
        from pymysql import _auth
    finally:
        del sys.modules[PACKAGE]
    _auth.sha2_rsa_encrypt = _encrypt
