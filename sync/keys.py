"""Signing, sealing and stretching: the one door to `cryptography`.

Nothing here is home-made: Ed25519 (RFC 8032), HPKE base mode with X25519, HKDF-SHA256 and
AES-256-GCM (RFC 9180), AES-256-GCM, Argon2id (RFC 9106), HKDF (RFC 5869), SHA-256. Every use has a
label of its own, so bytes made for one purpose are never good for another. HPKE has no associated
data here: what must be bound goes into `info`.

TLS has a P-256 certificate (X.509), since browsers take no Ed25519.

Keys are 32 raw bytes, whoever draws them. Only HPKE and ECDSA draw randomness, inside the library.
"""

import datetime
import hashlib
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sync.errors import Damage
from sync.records import R, Record, Whole, changed

_HPKE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
NONCE_BYTES = 12


class SignatureWrong(Damage):
    """A signature that does not belong to these bytes and this key."""

    code = "keys.signature-wrong"
    vi = "Chữ ký số của {what} không đúng: dữ liệu bị sửa hoặc không phải của nơi gửi. Giữ nguyên tệp và gọi văn phòng."
    en = "The signature of the {what} is wrong: altered, or not from its sender. Keep the file and call the office."


class NotOpened(Damage):
    """Sealed bytes that this key does not open, or that were altered."""

    code = "keys.not-opened"
    vi = "Không mở được {what}: không phải gửi cho máy này, sai khóa, hoặc dữ liệu bị sửa. Giữ nguyên tệp và gọi văn phòng."
    en = "The {what} does not open: meant for another machine, wrong key, or altered. Keep the file and call the office."


class Stretch(Record):
    """What one Argon2id costs; kept beside what it protects and bound to it."""

    salt: bytes
    memory_kib: Whole
    iterations: Whole
    lanes: Whole


def digest(label: str, *parts: bytes) -> bytes:
    """SHA-256 of a label and of what follows it, 32 bytes; only the last part may vary in length."""
    made = hashlib.sha256(b"dgd/" + label.encode() + b"\0")
    for part in parts:
        made.update(part)
    return made.digest()


@lru_cache(maxsize=64)
def _signer(seed: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(seed)


@lru_cache(maxsize=256)
def _verifier(public: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(public)


def forget() -> None:
    """Drop the keys held ready; called when the laptop is locked."""
    _signer.cache_clear()
    _verifier.cache_clear()


def sign(seed: bytes, label: str, message: bytes) -> bytes:
    """An Ed25519 signature (64 bytes) over a label and a message."""
    return _signer(seed).sign(b"dgd/" + label.encode() + b"\0" + message)


def verify(public: bytes, label: str, message: bytes, signature: bytes, *, what: str) -> None:
    """Raises `SignatureWrong`, naming `what`."""
    try:
        _verifier(public).verify(signature, b"dgd/" + label.encode() + b"\0" + message)
    except (InvalidSignature, ValueError) as error:
        raise SignatureWrong(what=what) from error


def signed(seed: bytes, label: str, said: R) -> R:
    """A record with its signature in its own field `signature`, over the same record with that field empty."""
    bare = changed(said, signature=b"")
    return changed(bare, signature=sign(seed, label, bare.to_bytes()))


def verify_signed(public: bytes, label: str, said: Record, *, what: str) -> None:
    """A record that carries its signature (`signed`). Raises `SignatureWrong`, naming `what`."""
    signature: bytes = said.signature  # type: ignore[attr-defined]
    verify(public, label, changed(said, signature=b"").to_bytes(), signature, what=what)


def sign_public(seed: bytes) -> bytes:
    """The public half of a signing key."""
    return _signer(seed).public_key().public_bytes_raw()


def seal_public(secret: bytes) -> bytes:
    """The public half of a sealing key."""
    return X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()


def seal(public: bytes, plain: bytes, *, info: bytes) -> bytes:
    """HPKE to one recipient: 48 bytes longer than `plain`, other bytes every time."""
    return _HPKE.encrypt(plain, X25519PublicKey.from_public_bytes(public), info=info)


def open_sealed(secret: bytes, sealed: bytes, *, info: bytes, what: str) -> bytes:
    """What was sealed to this key with this `info`. Raises `NotOpened`, naming `what`."""
    try:
        return _HPKE.decrypt(sealed, X25519PrivateKey.from_private_bytes(secret), info=info)
    except (InvalidTag, ValueError) as error:
        raise NotOpened(what=what) from error


def shared(secret: bytes, public: bytes, *, label: str, salt: bytes) -> bytes:
    """32 bytes that only the holders of these two sealing keys can work out, for one purpose. Raises `NotOpened`."""
    try:
        agreed = X25519PrivateKey.from_private_bytes(secret).exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError as error:
        raise NotOpened(what=label) from error
    return derived(agreed, label=label, salt=salt)


def wrap(key: bytes, plain: bytes, *, nonce: bytes, bound: bytes) -> bytes:
    """AES-256-GCM under a 32-byte key; `nonce` is 12 bytes never used twice with that key."""
    return nonce + AESGCM(key).encrypt(nonce, plain, bound)


def unwrap(key: bytes, wrapped: bytes, *, bound: bytes, what: str) -> bytes:
    """What was wrapped under this key and these bound bytes. Raises `NotOpened`, naming `what`."""
    try:
        return AESGCM(key).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], bound)
    except (InvalidTag, ValueError) as error:
        raise NotOpened(what=what) from error


def stretched(passphrase: str, stretch: Stretch) -> bytes:
    """Argon2id of what a person typed: 32 bytes, as dear as `stretch` says.

    NFKC first (NIST SP 800-63B-4): input methods write one Vietnamese letter as one character or as three.
    """
    return Argon2id(
        salt=stretch.salt,
        length=32,
        iterations=stretch.iterations,
        lanes=stretch.lanes,
        memory_cost=stretch.memory_kib,
    ).derive(unicodedata.normalize("NFKC", passphrase).encode())


def derived(secret: bytes, *, label: str, salt: bytes) -> bytes:
    """HKDF-SHA256: 32 bytes of a secret for one purpose."""
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=salt, info=b"dgd/" + label.encode()).derive(secret)


class Certificate(NamedTuple):
    """A certificate that signs itself: its bytes (DER), and file and key together as web servers read them (PEM)."""

    der: bytes
    pem: bytes


# RFC 5280, 4.1.2.5: no well-defined end. Whoever pins it asks no clock, and there is nobody who would renew it.
_NO_END = datetime.datetime(9999, 12, 31, 23, 59, 59, tzinfo=datetime.UTC)
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def self_signed(secret: bytes, *, name: str) -> Certificate:
    """A certificate of a P-256 key made from a 32-byte secret, for whoever is handed it and asks nobody else."""
    # A laptop that only looks at its books needs none of this, and it takes a while to import.
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.derive_private_key(int.from_bytes(secret) % (_P256_ORDER - 1) + 1, ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder(issuer_name=subject, subject_name=subject, public_key=key.public_key())
        .serial_number(int.from_bytes(digest("certificate/1", secret)[:8]) | 1)
        .not_valid_before(datetime.datetime(1999, 12, 31, 23, 59, 59, tzinfo=datetime.UTC))
        .not_valid_after(_NO_END)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    held = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Certificate(made.public_bytes(serialization.Encoding.DER), held + made.public_bytes(serialization.Encoding.PEM))
