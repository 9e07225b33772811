package dev.tulip.net;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/** Buffers of one size, to be used again and again. Loop thread only. */
final class BufferPool {
    /*
     * At most as many buffers as there is room for come from outside the heap, where a read or write needs no copy;
     * they are kept for ever. More than that come from the heap, and go with the garbage: so a thousand connections
     * that pile up can exhaust the heap, which says so, but not what is outside of it.
     */
    private final int size;

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
        this.size = size;
        this.free = new @Nullable ByteBuffer[kept];
    }

    /** {@return an empty buffer; {@link #give} it back} */
    ByteBuffer take() {
        if (count > 0) {
            ByteBuffer buffer = free[--count];
            free[count] = null;
            assert buffer != null : "the first " + count + " are there";
            return buffer.clear().order(ByteOrder.BIG_ENDIAN); // somebody else may have changed it
        }
        if (made < free.length) {
            made++;
            return ByteBuffer.allocateDirect(size);
        }
        return ByteBuffer.allocate(size);
    }

    /** Takes back a buffer that {@link #take} returned. Nobody uses it any more. */
    void give(ByteBuffer buffer) {
        if (buffer.isDirect()) {
            free[count++] = buffer;
        }
    }
}
