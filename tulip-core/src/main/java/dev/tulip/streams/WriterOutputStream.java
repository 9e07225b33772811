package dev.tulip.streams;

import dev.tulip.loop.Suspends;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/** A writer as the JDK's streams are: each write waits while too much is left to send. */
final class WriterOutputStream extends OutputStream {
    private final StreamWriter writer;

    // loop thread only
    private boolean closed;

    WriterOutputStream(StreamWriter writer) {
        this.writer = writer;
    }

    @Override
    @Suspends
    public void write(int single) throws IOException {
        write(new byte[] {(byte) single}, 0, 1);
    }

    @Override
    @Suspends
    public void write(byte[] data, int offset, int length) throws IOException {
        Callers.task("write");
        if (closed) {
            throw new IOException("this view of " + writer + " is closed");
        }
        writer.write(ByteBuffer.wrap(data, offset, length));
        writer.drain();
    }

    @Override
    @Suspends
    public void flush() throws IOException {
        if (!closed) {
            writer.drain();
        }
    }

    @Override
    public void close() {
        closed = true; // nothing is kept here that could be flushed
    }
}
