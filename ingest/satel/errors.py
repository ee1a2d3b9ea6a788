"""Who is at fault when a conversation with a panel goes wrong."""


class LocalProtocolError(Exception):
    """We were about to send something the protocol does not allow: a bug or a bad argument on our side."""


class RemoteProtocolError(Exception):
    """The other side sent bytes that the protocol does not allow."""


class LinkLost(Exception):  # noqa: N818 - nobody's error, an event of the link
    """The connection ended or went silent; nobody is at fault, reconnect."""
