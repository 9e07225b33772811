/**
 * The loop: callbacks, timers, channels, futures and tasks on one thread. What asyncio has in {@code events},
 * {@code base_events}, {@code selector_events}, {@code futures}, {@code tasks}, {@code taskgroups}, {@code
 * timeouts} and {@code runners}.
 *
 * <ul>
 *   <li>running: {@link dev.tulip.loop.Runner}, {@link dev.tulip.loop.EventLoop}, {@link
 *       dev.tulip.loop.EventLoopPolicy}; ending, by Ctrl-C and SIGTERM: {@link dev.tulip.loop.Drainable}
 *   <li>callbacks: {@link dev.tulip.loop.Handle}, {@link dev.tulip.loop.TimerHandle}
 *   <li>results: {@link dev.tulip.loop.Future}, {@link dev.tulip.loop.Task}
 *   <li>several tasks, and deadlines: {@link dev.tulip.loop.TaskGroup}, {@link dev.tulip.loop.Timeout}, {@link
 *       dev.tulip.loop.Combinators}
 *   <li>code that suspends: {@link dev.tulip.loop.Coroutine}, {@link dev.tulip.loop.Action},
 *       {@link dev.tulip.loop.Suspends}, {@link dev.tulip.loop.CancelledError}
 *   <li>streams of the JDK's {@code Flow}: {@link dev.tulip.loop.FlowIterable}, {@link
 *       dev.tulip.loop.EventLoop#publisher}
 * </ul>
 *
 * <h2>Threads and memory</h2>
 *
 * <p>Everything a loop runs, it runs on one thread, one after another, and what one coroutine or callback has
 * written the next one sees. Nothing in this package is safe for other threads, except {@link
 * dev.tulip.loop.EventLoop#callSoonThreadsafe} and what is marked "Any thread". What a thread did before it passed
 * something through such a door happens before the loop runs it.
 */
@NullMarked
package dev.tulip.loop;

import org.jspecify.annotations.NullMarked;
