/**
 * Child processes and signals. What asyncio has in {@code subprocess}, {@code base_subprocess} and the signal handlers of
 * {@code unix_events}.
 *
 * <ul>
 *   <li>the door: {@link dev.tulip.process.Subprocesses}, or the methods of the same names in {@code dev.tulip.Tulip}
 *   <li>what a program gets: a {@link dev.tulip.process.ChildProcess}, whose pipes are streams, and from
 *       {@code communicate} a {@link dev.tulip.process.CompletedProcess}
 *   <li>as callbacks: a {@link dev.tulip.process.SubprocessTransport} calls a
 *       {@link dev.tulip.process.SubprocessProtocol}
 *   <li>options: {@link dev.tulip.process.ProcessOptions}, {@link dev.tulip.process.Stdio}
 * </ul>
 *
 * <p>Everything here belongs to the thread of its loop; on other threads it throws {@link WrongThreadException}.
 */
@NullMarked
package dev.tulip.process;

import org.jspecify.annotations.NullMarked;
