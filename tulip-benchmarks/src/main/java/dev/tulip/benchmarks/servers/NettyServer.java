package dev.tulip.benchmarks.servers;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import org.jspecify.annotations.Nullable;

/** Netty on one event loop, with its default allocator, which also finds its buffer sizes by itself. */
final class NettyServer {
    private NettyServer() {}

    static void serve(ServerArguments arguments, IoHandlerFactory io, Class<? extends ServerSocketChannel> channel)
            throws Exception {
        SslContext tls = arguments.keyStore() == null
                ? null
                : SslContextBuilder.forServer(arguments.keyManagers())
                        .sslProvider(SslProvider.JDK)
                        .protocols(ServerArguments.PROTOCOL)
                        .build();
        EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, io);
        ChannelFuture bound = new ServerBootstrap()
                .group(loop)
                .channel(channel)
                .option(ChannelOption.SO_BACKLOG, ServerArguments.BACKLOG)
                .childHandler(new Initializer(tls))
                .bind(ServerArguments.HOST, 0)
                .sync();
        ServerArguments.announce(bound.channel().localAddress());
    }

    private static final class Initializer extends ChannelInitializer<SocketChannel> {
        private final @Nullable SslContext tls;

        private Initializer(@Nullable SslContext tls) {
            this.tls = tls;
        }

        @Override
        protected void initChannel(SocketChannel channel) {
            if (tls != null) {
                channel.pipeline().addLast(tls.newHandler(channel.alloc()));
            }
            channel.pipeline().addLast(new Echo());
        }
    }

    private static final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object data) {
            context.write(data);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            context.flush();
        }
    }
}
