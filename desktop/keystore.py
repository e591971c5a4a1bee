"""The system's own place for a secret (DPAPI, Secret Service), where there is one to trust."""

from typing import Protocol


class Keystore(Protocol):
    """Something that keeps a secret under a name."""

    def get(self, name: str) -> bytes | None: ...
    def put(self, name: str, secret: bytes) -> None: ...


class _SystemKeystore:
    """The system's keystore through `keyring`."""

    def __init__(self, backend: object) -> None:
        self._backend = backend

    def get(self, name: str) -> bytes | None:
        found = self._backend.get_password("diem-giao-dich", name)  # type: ignore[attr-defined]
        return bytes.fromhex(found) if found else None

    def put(self, name: str, secret: bytes) -> None:
        self._backend.set_password("diem-giao-dich", name, secret.hex())  # type: ignore[attr-defined]


class WhenAsked:
    """The system's keystore, looked for only once a vault needs it: to find it takes a while."""

    def get(self, name: str) -> bytes | None:
        found = system_keystore()
        return found.get(name) if found else None

    def put(self, name: str, secret: bytes) -> None:
        if found := system_keystore():
            found.put(name, secret)


def system_keystore() -> Keystore | None:
    """The keystore of this system, or None where there is none to trust (a plaintext file is not one)."""
    import keyring
    from keyring.errors import KeyringError

    backend = keyring.get_keyring()
    trusted = ("keyring.backends.Windows", "keyring.backends.SecretService", "keyring.backends.macOS")
    if not type(backend).__module__.startswith(trusted):
        return None
    kept = _SystemKeystore(backend)
    try:
        kept.get("probe")
    except KeyringError:
        return None
    return kept
