package dev.tulip.benchmarks

import java.util.concurrent.Callable
import java.util.concurrent.CompletableFuture
import java.util.concurrent.Executor
import java.util.concurrent.FutureTask
import kotlin.concurrent.thread
import kotlin.coroutines.ContinuationInterceptor
import kotlin.coroutines.CoroutineContext
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Delay
import kotlinx.coroutines.InternalCoroutinesApi
import kotlinx.coroutines.runBlocking

/**
 * The event loop of a `runBlocking` that stays, on a thread of its own: for timers that outlive a call, and for calls
 * from other threads.
 */
class KotlinEventLoop : AutoCloseable {
    private val started = CompletableFuture<CoroutineContext>()
    private val end = CompletableDeferred<Unit>()
    private val thread = thread(name = "runBlocking") {
        runBlocking {
            started.complete(coroutineContext)
            end.await()
        }
    }
    private val context = started.get()

    /** Passes callbacks to the loop, from any thread. */
    val executor: Executor = eventLoop(context)

    /** TimerBenchmark: sets the [timers] that stay pending. The length of [delaysMillis] is a power of two. */
    @OptIn(InternalCoroutinesApi::class) // there is no public way without a coroutine for each timer
    fun setTimers(delaysMillis: IntArray, callback: Runnable, timers: Int): Unit = onLoop {
        val delay = context[ContinuationInterceptor] as Delay
        for (i in 0 until timers) {
            delay.invokeOnTimeout(delaysMillis[i and (delaysMillis.size - 1)].toLong(), callback, context)
        }
    }

    /** TimerBenchmark: sets a timer and takes it back, so many times. Returns how often it did. */
    @OptIn(InternalCoroutinesApi::class)
    fun setAndCancelTimers(delaysMillis: IntArray, callback: Runnable, timers: Int): Long = onLoop {
        val delay = context[ContinuationInterceptor] as Delay
        var cancelled = 0L
        for (i in 0 until timers) {
            delay.invokeOnTimeout(delaysMillis[i and (delaysMillis.size - 1)].toLong(), callback, context).dispose()
            cancelled++
        }
        cancelled
    }

    private fun <T> onLoop(body: () -> T): T {
        val task = FutureTask(Callable(body))
        executor.execute(task)
        return task.get()
    }

    override fun close() {
        end.complete(Unit)
        thread.join()
    }
}
