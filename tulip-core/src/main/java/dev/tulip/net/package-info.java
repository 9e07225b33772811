/**
 * Connections and servers as callbacks: transports move bytes, protocols say what to do with them. What asyncio has in
 * {@code transports}, {@code protocols}, {@code selector_events} and the server part of {@code base_events}.
 *
 * <ul>
 *   <li>the door: {@link dev.tulip.net.Network}, or the methods of the same names in {@code dev.tulip.Tulip}
 *   <li>what a program writes: {@link dev.tulip.net.Protocol}, {@link dev.tulip.net.BufferedProtocol}, {@link
 *       dev.tulip.net.DatagramProtocol}
 *   <li>what it gets: {@link dev.tulip.net.Transport}, {@link dev.tulip.net.Server}, {@link
 *       dev.tulip.net.DatagramTransport}; and, for tasks, {@link dev.tulip.net.DatagramEndpoint}
 *   <li>options: {@link dev.tulip.net.ConnectOptions}, {@link dev.tulip.net.ListenOptions}, {@link
 *       dev.tulip.net.UnixListenOptions}, {@link dev.tulip.net.DatagramOptions}, {@link dev.tulip.net.TlsOptions}
 * </ul>
 *
 * <p>Everything here belongs to the thread of its loop; on other threads it throws {@link WrongThreadException}.
 */
@NullMarked
package dev.tulip.net;

import org.jspecify.annotations.NullMarked;
