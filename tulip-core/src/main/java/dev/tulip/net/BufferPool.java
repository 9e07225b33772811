package dev.tulip.net;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/** Buffers of one size, to be used again and again. Loop thread only. */
final class BufferPool {
    /*
     * At most as many buffers as there is room for come from outside the heap, where a read or write needs no copy;
     * they are kept for ever. More than that come from the heap, and go with the garbage: so a thousand connections
     * that pile up can exhaust the heap, which says so, but not what is outside of it. A pool of arrays has nothing
     * outside, and keeps as many as there is room for.
     */
    private final int size;
    private final boolean direct;

    // loop thread only
    private final @Nullable ByteBuffer[] free;
    private int count;
    private int made;

    /**
     * An empty pool.
     *
     * @param size of each buffer, in bytes
     * @param kept how many buffers it keeps at most
     */
    BufferPool(int size, int kept) {
        this(size, kept, /* direct= */ true);
    }

    private BufferPool(int size, int kept, boolean direct) {
        this.size = size;
        this.direct = direct;
        this.free = new @Nullable ByteBuffer[kept];
    }

    /**
     * {@return an empty pool of arrays}
     *
     * @param size of each buffer, in bytes
     * @param kept how many buffers it keeps at most
     */
    static BufferPool ofArrays(int size, int kept) {
        return new BufferPool(size, kept, /* direct= */ false);
    }

    /** {@return an empty buffer; {@link #give} it back} */
    ByteBuffer take() {
        if (count > 0) {
            ByteBuffer buffer = free[--count];
            free[count] = null;
            assert buffer != null : "the first " + count + " are there";
            return buffer.clear().order(ByteOrder.BIG_ENDIAN); // somebody else may have changed it
        }
        if (direct && made < free.length) {
            made++;
            return ByteBuffer.allocateDirect(size);
        }
        return ByteBuffer.allocate(size);
    }

    /** Takes back a buffer that {@link #take} returned, or a larger one. Nobody uses it any more. */
    void give(ByteBuffer buffer) {
        if (direct ? buffer.isDirect() : count < free.length && buffer.capacity() == size) {
            free[count++] = buffer;
        }
    }
}
