/**
 * Tasks that wait for tasks: locks, events, conditions, semaphores, barriers and queues. What asyncio has in {@code
 * locks} and {@code queues}.
 *
 * <p>On one loop nothing runs between two suspensions, so a program needs none of these to keep its data whole; only
 * where it suspends in the middle of something ({@link dev.tulip.sync.Lock}), or where a task needs what another one
 * will provide (all the others).
 *
 * <ul>
 *   <li>one at a time, some at a time: {@link dev.tulip.sync.Lock}, {@link dev.tulip.sync.Semaphore}, {@link
 *       dev.tulip.sync.BoundedSemaphore}
 *   <li>something has happened: {@link dev.tulip.sync.Event}, {@link dev.tulip.sync.Condition}
 *   <li>all have arrived: {@link dev.tulip.sync.Barrier}
 *   <li>work handed over: {@link dev.tulip.sync.Queue}, {@link dev.tulip.sync.PriorityQueue}, {@link
 *       dev.tulip.sync.LifoQueue}
 * </ul>
 *
 * <h2>Rules for all of them</h2>
 *
 * <p><b>Fair.</b> Tasks are served in the order in which they came: none barges past one that waits.
 *
 * <p><b>Cheap.</b> What need not wait does not suspend and allocates nothing.
 *
 * <p><b>Nothing is lost.</b> A task that is cancelled while it waits leaves the line and has taken nothing: no lock, no
 * permit, no item. If that happens in the very iteration in which its turn had come, the next one gets the turn.
 *
 * <p><b>One loop.</b> From the first time that a task had to wait, an object belongs to that task's loop and refuses
 * tasks of any other ({@link IllegalStateException}) and, while its loop runs, every other thread ({@link
 * WrongThreadException}). Other threads hand over with {@link dev.tulip.loop.EventLoop#callSoonThreadsafe}. Methods
 * that may suspend are for tasks only, whether they have to wait or not; the others are for callbacks, too, and for any
 * one thread while no loop runs. What only looks ({@code locked}, {@code qsize}, {@code statistics}) is not checked.
 *
 * @see <a href="https://docs.python.org/3.14/library/asyncio-sync.html">asyncio: Synchronization Primitives</a>
 * @see <a href="https://docs.python.org/3.14/library/asyncio-queue.html">asyncio: Queues</a>
 */
@NullMarked
package dev.tulip.sync;

import org.jspecify.annotations.NullMarked;
