package dev.tulip.benchmarks.servers

import io.ktor.network.selector.SelectorManager
import io.ktor.network.sockets.InetSocketAddress
import io.ktor.network.sockets.Socket
import io.ktor.network.sockets.aSocket
import io.ktor.network.sockets.openReadChannel
import io.ktor.network.sockets.openWriteChannel
import io.ktor.utils.io.readAvailable
import io.ktor.utils.io.writeFully
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking

/** The echo server of Kotlin's coroutines: a coroutine per connection, with the sockets of ktor-network. */
object KtorServer {
    /** Runs it. One argument, the size of a connection's buffer in bytes. */
    @JvmStatic
    fun main(args: Array<String>) = runBlocking {
        val size = args[0].toInt()
        // On the thread of the coroutines, which costs a third of what it does on Dispatchers.IO.
        val selector = SelectorManager(coroutineContext)
        val server = aSocket(selector).tcp().bind("127.0.0.1", 0) { backlogSize = 1024 }
        println("listening on ${(server.localAddress as InetSocketAddress).port}")
        while (true) {
            val socket = server.accept()
            launch { echo(socket, size) }
        }
    }

    private suspend fun echo(socket: Socket, size: Int) {
        val input = socket.openReadChannel()
        val output = socket.openWriteChannel()
        val buffer = ByteArray(size)
        while (true) {
            val count = input.readAvailable(buffer)
            if (count < 0) {
                break
            }
            output.writeFully(buffer, 0, count)
            output.flush()
        }
        socket.close()
    }
}
