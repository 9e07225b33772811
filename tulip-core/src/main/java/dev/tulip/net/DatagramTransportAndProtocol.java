package dev.tulip.net;

/**
 * A new endpoint for datagrams: the transport, and the protocol that was made for it.
 *
 * @param <P> the protocol's class
 * @param transport sends
 * @param protocol what was made by the factory
 */
public record DatagramTransportAndProtocol<P extends DatagramProtocol>(DatagramTransport transport, P protocol) {}
