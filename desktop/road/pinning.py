"""TLS that trusts one certificate: the office's own, which the laptop has from its ticket.

No host name, no authority and no clock is asked: the address is where the office can be reached today, nobody
else vouches for it, and a laptop whose battery died thinks it is the year 2000. TLS 1.3 alone. The office's last
session ticket is kept, so that a connection made again costs a round trip and half a kilobyte less.
"""

import contextlib
import ssl
from typing import Any

# X509_V_FLAG_NO_CHECK_TIME, which Python gives no name.
NO_CHECK_TIME = 0x20_0000


class _Socket(ssl.SSLSocket):
    """Hands the session on when it ends: a ticket comes after the handshake, with the first answer."""

    def close(self) -> None:
        context = self.context
        if isinstance(context, PinnedContext):
            # A handshake that failed left none to hand on.
            with contextlib.suppress(ValueError):
                context.keep(self.session)
        super().close()


class PinnedContext(ssl.SSLContext):
    """A context for one office. Made by `pinned`; belongs to one thread."""

    sslsocket_class = _Socket
    certificate: bytes
    session: ssl.SSLSession | None = None
    # How often a connection was made, and how often from a ticket.
    made = resumed = 0

    def keep(self, session: ssl.SSLSession | None) -> None:
        if session is not None and session.has_ticket:
            self.session = session

    def wrap_socket(self, sock: Any, *more: Any, **settings: Any) -> ssl.SSLSocket:
        """Shake hands. Raises `ssl.SSLCertVerificationError` for whoever has another certificate."""
        made = super().wrap_socket(sock, *more, **settings | {"session": self.session})
        # What verifies could also be something this certificate signed.
        if made.getpeercert(binary_form=True) != self.certificate:
            made.close()
            raise ssl.SSLCertVerificationError("another certificate")
        self.made += 1
        self.resumed += bool(made.session_reused)
        return made


def pinned(certificate: bytes) -> PinnedContext:
    """A context that trusts this certificate (DER) and no other. Raises `ValueError` for bytes that are none."""
    context = PinnedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.certificate = certificate
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= NO_CHECK_TIME | ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        context.load_verify_locations(cadata=certificate)
    except ssl.SSLError as error:
        raise ValueError("no certificate") from error
    return context


def other_certificate(error: BaseException) -> bool:
    """Whether, somewhere behind a fault of the line, a certificate was not the one trusted."""
    return any(isinstance(one, ssl.SSLCertVerificationError) for one in _behind(error))


def no_tls(error: BaseException) -> bool:
    """Whether what answered does not speak TLS as the office does: a line that was merely cut is none of it."""
    strange = {"WRONG_VERSION_NUMBER", "UNSUPPORTED_PROTOCOL", "HTTP_REQUEST", "TLSV1_ALERT_PROTOCOL_VERSION",
               "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG", "NO_PROTOCOLS_AVAILABLE"}  # fmt: skip
    return any(isinstance(one, ssl.SSLError) and one.reason in strange for one in _behind(error))


def _behind(error: BaseException | None) -> "list[BaseException]":
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found
