"""TLS of the API itself, for installations without a proxy before it (docs/security.md, "TLS")."""

import ssl
from pathlib import Path
from typing import Final

# TLS 1.2 with forward secrecy and AEAD only; those of TLS 1.3 are all good and not chosen here.
CIPHERS: Final = "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE+CHACHA20:ECDHE+AESGCM"


def server_context(certificate: Path, key: Path | None) -> ssl.SSLContext:
    """At least TLS 1.2. Raises OSError or ssl.SSLError for files that are not there or do not belong together."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    context.set_ciphers(CIPHERS)
    context.load_cert_chain(certificate, key)
    return context
