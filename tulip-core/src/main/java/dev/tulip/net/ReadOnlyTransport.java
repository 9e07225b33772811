package dev.tulip.net;

import java.nio.ByteBuffer;
import java.util.List;

/** The reading end of a pipe: what a transport offers for writing, refused. */
interface ReadOnlyTransport extends Transport {
    @Override
    default void write(ByteBuffer data) {
        throw refused();
    }

    @Override
    default void writeLines(List<ByteBuffer> data) {
        throw refused();
    }

    @Override
    default void writeEof() {
        throw refused();
    }

    @Override
    default boolean canWriteEof() {
        return false;
    }

    private UnsupportedOperationException refused() {
        return new UnsupportedOperationException("nobody can write to " + this + ": it is the reading end of a pipe");
    }
}
