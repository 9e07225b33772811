package dev.tulip.net;

import javax.net.ssl.SSLException;

/**
 * A TLS stream has ended without the peer's close_notify: what has come may be cut off. Anybody on the way can end a TCP
 * connection, so only close_notify says that the peer has sent all it wanted to.
 *
 * <p>Peers that never send close_notify exist. A protocol that knows by itself where its messages end may ignore this.
 *
 * @see BaseProtocol#connectionLost
 * @see <a href="https://www.rfc-editor.org/rfc/rfc8446#section-6.1">RFC 8446, 6.1: Closure Alerts</a>
 */
public final class TlsTruncatedException extends SSLException {
    private static final long serialVersionUID = 1;

    TlsTruncatedException(String message) {
        super(message);
    }
}
