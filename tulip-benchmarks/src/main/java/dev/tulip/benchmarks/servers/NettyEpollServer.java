package dev.tulip.benchmarks.servers;

import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;

/** Netty on epoll, by its native library. */
final class NettyEpollServer {
    private NettyEpollServer() {}

    static void main(String[] args) throws Exception {
        NettyServer.serve(ServerArguments.of(args), EpollIoHandler.newFactory(), EpollServerSocketChannel.class);
    }
}
