package dev.tulip.streams;

import dev.tulip.loop.Suspends;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;

/** A reader as the JDK's streams are. */
final class ReaderInputStream extends InputStream {
    private final StreamReader reader;

    // loop thread only
    private boolean closed;

    ReaderInputStream(StreamReader reader) {
        this.reader = reader;
    }

    @Override
    @Suspends
    public int read() throws IOException {
        byte[] single = new byte[1];
        return read(single, 0, 1) < 0 ? -1 : single[0] & 0xff;
    }

    @Override
    @Suspends
    public int read(byte[] target, int offset, int length) throws IOException {
        checkOpen();
        Objects.checkFromIndexSize(offset, length, target.length);
        return length == 0 ? 0 : reader.read(target, offset, length);
    }

    @Override
    public int available() throws IOException {
        checkOpen();
        return reader.buffered();
    }

    @Override
    public void close() {
        closed = true;
    }

    private void checkOpen() throws IOException {
        if (closed) {
            throw new IOException("this view of " + reader + " is closed");
        }
    }
}
