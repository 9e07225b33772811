package dev.tulip.benchmarks.echo;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** A connection of the load generator, not blocking: plain, or TLS. */
interface Wire {
    /** Sends what the socket takes. {@return whether that was everything; if not, call this again with the rest} */
    boolean send(ByteBuffer data) throws IOException;

    /** Reads what has come. {@return how many bytes; -1 at the end} */
    int read(ByteBuffer target) throws IOException;

    /** Tells the server that nothing more will be sent; it has answered everything. Reading goes on, until the end. */
    void end() throws IOException;

    /** Without TLS. */
    record Plain(SocketChannel channel) implements Wire {
        @Override
        public boolean send(ByteBuffer data) throws IOException {
            channel.write(data);
            return !data.hasRemaining();
        }

        @Override
        public int read(ByteBuffer target) throws IOException {
            return channel.read(target);
        }

        @Override
        public void end() throws IOException {
            channel.shutdownOutput();
        }
    }
}
