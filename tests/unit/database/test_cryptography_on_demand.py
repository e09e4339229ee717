import subprocess
import sys

# The server's part of caching_sha2_password without TLS (MySQL manual, "Caching SHA-2 Pluggable Authentication"): it decrypts the password
# with its key, and removes the salt
SERVER = """
import sys
import parloader.database.driver
from pymysql import _auth

print("cryptography" in sys.modules)
sys.stdout.flush()
encrypt = _auth.sha2_rsa_encrypt

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
oaep = padding.OAEP(mgf=padding.MGF1(algorithm=hashes.SHA1()), algorithm=hashes.SHA1(), label=None)
salt = bytes(range(1, 21))
for _ in range(2):
    masked = key.decrypt(encrypt(b"secret", salt, public), oaep)
    print(bytes(byte ^ salt[n % 20] for n, byte in enumerate(masked)))
    encrypt = _auth.sha2_rsa_encrypt
print(encrypt.__module__)
"""


def test_it_is_imported_when_a_login_needs_it() -> None:
    done = subprocess.run([sys.executable, "-c", SERVER], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["False", r"b'secret\x00'", r"b'secret\x00'", "pymysql._auth"]
