"""Secrets in the database: encrypted by the first of ENCRYPTION_KEYS, read with any of them."""

from __future__ import annotations

from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

INFO = b"cockpit: secrets in the database"


class UnreadableSecretError(ValueError):
    """No key opens it: ENCRYPTION_KEYS, or SECRET_KEY where that is empty, is another than when it was kept."""


def seal(text: str) -> str:
    return _box().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """Raises UnreadableSecretError."""
    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken as problem:
        raise UnreadableSecretError("The secret was encrypted with another key.") from problem


def _box() -> MultiFernet:
    """SECRET_KEY opens always, so that a first ENCRYPTION_KEYS loses nothing."""
    return MultiFernet([*(Fernet(key) for key in settings.ENCRYPTION_KEYS), Fernet(_derived(settings.SECRET_KEY))])


def _derived(secret: str) -> bytes:
    kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=INFO)
    return urlsafe_b64encode(kdf.derive(secret.encode()))
