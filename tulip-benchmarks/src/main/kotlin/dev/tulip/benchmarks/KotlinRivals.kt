@file:JvmName("KotlinRivals")

package dev.tulip.benchmarks

import java.util.concurrent.Executor
import java.util.function.BiConsumer
import kotlin.coroutines.ContinuationInterceptor
import kotlin.coroutines.CoroutineContext
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.Job
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.yield

/*
 * What Kotlin's coroutines do in the benchmarks: in runBlocking, on the thread that calls, because its event loop is
 * the fastest single thread that they have. The benchmarks themselves are the Java classes beside this.
 */

/** CallbackChainBenchmark: passes [start] the event loop as an executor, and what to call when all is done. */
fun dispatch(start: BiConsumer<Executor, Runnable>) = runBlocking {
    val done = CompletableDeferred<Unit>()
    start.accept(eventLoop(coroutineContext), Runnable { done.complete(Unit) })
    done.await()
}

/** The dispatcher of [context] as an executor, without a coroutine around each callback. */
internal fun eventLoop(context: CoroutineContext): Executor {
    val dispatcher = context[ContinuationInterceptor] as CoroutineDispatcher
    return Executor { callback -> dispatcher.dispatch(context, callback) }
}

/** TaskSwitchBenchmark: so many [tasks] take so many [turns] each. Returns how many turns that were. */
fun takeTurns(tasks: Int, turns: Int): Long = runBlocking { turns(tasks, turns) }

/** The same on [executor]. */
fun takeTurns(tasks: Int, turns: Int, executor: Executor): Long =
    runBlocking(executor.asCoroutineDispatcher()) { turns(tasks, turns) }

private suspend fun CoroutineScope.turns(tasks: Int, turns: Int): Long {
    val all = List(tasks) {
        async {
            var done = 0
            for (i in 0 until turns) {
                yield()
                done++
            }
            done
        }
    }
    var sum = 0L
    for (task in all) {
        sum += task.await()
    }
    return sum
}

/** SpawnJoinBenchmark, without results. Returns how many coroutines have run. */
fun launchAndJoin(atOnce: Int, rounds: Int): Long = runBlocking {
    val jobs = ArrayList<Job>(atOnce)
    var sum = 0L
    for (round in 0 until rounds) {
        for (i in 0 until atOnce) {
            jobs.add(launch { sum += 1 })
        }
        for (i in 0 until atOnce) {
            jobs[i].join()
        }
        jobs.clear()
    }
    sum
}

/** SpawnJoinBenchmark, with results. Returns their sum. */
fun asyncAndAwait(atOnce: Int, rounds: Int): Long = runBlocking {
    val tasks = ArrayList<Deferred<Int>>(atOnce)
    var sum = 0L
    for (round in 0 until rounds) {
        for (i in 0 until atOnce) {
            tasks.add(async { 1 })
        }
        for (i in 0 until atOnce) {
            sum += tasks[i].await()
        }
        tasks.clear()
    }
    sum
}

/** HandOverBenchmark, with a [CompletableDeferred] for each value. Returns the sum of the answers. */
fun handOverDeferred(roundTrips: Int): Long = runBlocking {
    var there = CompletableDeferred<Int>()
    var back = CompletableDeferred<Int>()
    launch {
        for (i in 0 until roundTrips) {
            val value = there.await()
            there = CompletableDeferred()
            back.complete(value + 1)
        }
    }
    var sum = 0L
    for (i in 0 until roundTrips) {
        val answer = CompletableDeferred<Int>()
        back = answer
        there.complete(i)
        sum += answer.await()
    }
    sum
}

/** HandOverBenchmark, with two rendezvous channels. Returns the sum of the answers. */
fun handOverChannel(roundTrips: Int): Long = runBlocking {
    val there = Channel<Int>()
    val back = Channel<Int>()
    launch {
        for (i in 0 until roundTrips) {
            back.send(there.receive() + 1)
        }
    }
    var sum = 0L
    for (i in 0 until roundTrips) {
        there.send(i)
        sum += back.receive()
    }
    sum
}

/** FanOutBenchmark, without results. Returns how many children have run. */
fun scopesOfLaunch(scopes: Int, children: Int): Long = runBlocking {
    var sum = 0L
    for (scope in 0 until scopes) {
        coroutineScope {
            for (i in 0 until children) {
                launch { sum += 1 }
            }
        }
    }
    sum
}

/** FanOutBenchmark, with results. Returns their sum. */
fun scopesOfAsync(scopes: Int, children: Int): Long = runBlocking {
    var sum = 0L
    for (scope in 0 until scopes) {
        sum += coroutineScope { List(children) { async { 1 } }.awaitAll().sum() }
    }
    sum
}
