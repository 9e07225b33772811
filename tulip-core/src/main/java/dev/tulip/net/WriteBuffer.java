package dev.tulip.net;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.GatheringByteChannel;
import org.jspecify.annotations.Nullable;

/** What was written to a transport and not sent yet, first in first out. Loop thread only. */
final class WriteBuffer {
    /*
     * A ring of chunks. The bytes of a chunk are those between its position and its limit; behind the limit there may
     * be room for more, which only the last chunk uses. Most transports never have anything here: then there is no
     * ring.
     */
    private static final @Nullable ByteBuffer[] NOTHING = new @Nullable ByteBuffer[0];

    private final LoopResources resources;

    // loop thread only
    private @Nullable ByteBuffer[] ring = NOTHING;
    private int head;
    private int count;
    private long size;

    WriteBuffer(LoopResources resources) {
        this.resources = resources;
    }

    /** {@return how many bytes are here} */
    long size() {
        return size;
    }

    boolean isEmpty() {
        return size == 0;
    }

    /** Copies all that remains in {@code data} to the end. */
    void append(ByteBuffer data) {
        size += data.remaining();
        if (count > 0) {
            fill(at(count - 1), data);
        }
        while (data.hasRemaining()) {
            boolean little = count == 0 && data.remaining() <= Defaults.SMALL_CHUNK_SIZE;
            ByteBuffer chunk = (little ? resources.smallChunks : resources.chunks).take();
            fill(chunk.limit(0), data);
            add(chunk);
        }
    }

    /** Moves as much of {@code data} behind the limit of {@code chunk} as there is room. */
    private static void fill(ByteBuffer chunk, ByteBuffer data) {
        int end = chunk.limit();
        int moved = Math.min(chunk.capacity() - end, data.remaining());
        chunk.limit(end + moved).put(end, data, data.position(), moved);
        data.position(data.position() + moved);
    }

    /** Sends as much as {@code channel} takes in one go. */
    void sendTo(GatheringByteChannel channel) throws IOException {
        long sent = count == 1
                ? channel.write(at(0))
                : channel.write(ring, head, Math.min(Math.min(count, ring.length - head), Defaults.GATHER));
        size -= sent;
        while (count > 0 && !at(0).hasRemaining()) {
            removeFirst();
        }
    }

    /** {@return what comes first, in one piece; there is something} Then {@link #sent}. */
    ByteBuffer first() {
        return at(0);
    }

    /** The caller has taken {@code sent} bytes from {@link #first}. */
    void sent(int sent) {
        size -= sent;
        if (!at(0).hasRemaining()) {
            removeFirst();
        }
    }

    /** Drops everything. */
    void clear() {
        while (count > 0) {
            removeFirst();
        }
        size = 0;
        ring = NOTHING;
        head = 0;
    }

    private ByteBuffer at(int index) {
        ByteBuffer chunk = ring[(head + index) & (ring.length - 1)];
        assert chunk != null : "there are " + count + " chunks";
        return chunk;
    }

    private void add(ByteBuffer chunk) {
        if (count == ring.length) {
            @Nullable ByteBuffer[] larger = new @Nullable ByteBuffer[Math.max(4, 2 * count)];
            for (int i = 0; i < count; i++) {
                larger[i] = at(i);
            }
            ring = larger;
            head = 0;
        }
        ring[(head + count) & (ring.length - 1)] = chunk;
        count++;
    }

    private void removeFirst() {
        ByteBuffer chunk = at(0);
        ring[head] = null;
        head = (head + 1) & (ring.length - 1);
        count--;
        (chunk.capacity() == Defaults.SMALL_CHUNK_SIZE ? resources.smallChunks : resources.chunks).give(chunk);
    }
}
