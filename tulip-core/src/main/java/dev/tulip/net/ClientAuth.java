package dev.tulip.net;

/**
 * Whether a TLS server asks clients for a certificate. One that comes must be from somebody whom the server trusts.
 *
 * @see TlsOptions#withClientAuth(ClientAuth)
 */
public enum ClientAuth {
    /** Does not ask. */
    NONE,

    /** Asks; a client without a certificate is welcome, too. */
    WANT,

    /** Asks, and refuses clients without a certificate. */
    NEED
}
