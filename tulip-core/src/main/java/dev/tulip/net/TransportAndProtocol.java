package dev.tulip.net;

/**
 * A new connection: the transport, and the protocol that was made for it.
 *
 * @param <P> the protocol's class
 * @param transport its bytes
 * @param protocol what was made by the factory
 */
public record TransportAndProtocol<P extends Protocol>(Transport transport, P protocol) {}
