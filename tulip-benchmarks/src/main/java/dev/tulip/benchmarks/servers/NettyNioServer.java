package dev.tulip.benchmarks.servers;

import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;

/** Netty on the JDK's selector. */
final class NettyNioServer {
    private NettyNioServer() {}

    static void main(String[] args) throws Exception {
        NettyServer.serve(ServerArguments.of(args), NioIoHandler.newFactory(), NioServerSocketChannel.class);
    }
}
