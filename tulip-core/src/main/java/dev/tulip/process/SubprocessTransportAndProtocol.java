package dev.tulip.process;

/**
 * A new child: the transport, and the protocol that was made for it.
 *
 * @param <P> the protocol's class
 * @param transport has the child and its pipes
 * @param protocol what was made by the factory
 */
public record SubprocessTransportAndProtocol<P extends SubprocessProtocol>(SubprocessTransport transport, P protocol) {}
