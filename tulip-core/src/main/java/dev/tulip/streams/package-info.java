/**
 * Connections as straight-line code: one task reads and writes, and waits where it must. What asyncio has in
 * {@code streams}.
 *
 * <ul>
 *   <li>the door: {@link dev.tulip.streams.Streams}, or the methods of the same names in {@code dev.tulip.Tulip}
 *   <li>what a program gets: {@link dev.tulip.streams.Connection}, with its {@link dev.tulip.streams.StreamReader} and
 *       {@link dev.tulip.streams.StreamWriter}
 *   <li>what a server's program writes: a {@link dev.tulip.streams.ConnectionHandler}
 *   <li>over transports of any kind: {@link dev.tulip.streams.StreamReaderProtocol}
 * </ul>
 *
 * <p>Everything here belongs to the thread of its loop. Methods that may suspend are marked
 * {@link dev.tulip.loop.Suspends}: they are for tasks.
 */
@NullMarked
package dev.tulip.streams;

import org.jspecify.annotations.NullMarked;
