package dev.tulip.net;

import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** Datagrams that the network did not take yet, first in first out. Loop thread only. */
final class DatagramQueue {
    /** A datagram that was copied from where its sender had it. */
    record Outgoing(ByteBuffer data, SocketAddress target) {}

    private final ArrayDeque<Outgoing> datagrams = new ArrayDeque<>(1);

    // loop thread only
    private long size;

    boolean isEmpty() {
        return datagrams.isEmpty();
    }

    /** {@return how many datagrams are here} */
    int count() {
        return datagrams.size();
    }

    /** {@return how many bytes are here, with those that each datagram costs} */
    long size() {
        return size;
    }

    /** Copies all that remains in {@code data} to the end. */
    void append(ByteBuffer data, SocketAddress target) {
        ByteBuffer copy = ByteBuffer.allocate(data.remaining()).put(data).flip();
        datagrams.add(new Outgoing(copy, target));
        size += cost(copy);
    }

    /** {@return the first one, which stays, or null} */
    @Nullable
    Outgoing first() {
        return datagrams.peek();
    }

    void removeFirst() {
        size -= cost(datagrams.remove().data());
    }

    void clear() {
        datagrams.clear();
        size = 0;
    }

    /** Of the capacity, because sending changes the position. */
    private static int cost(ByteBuffer data) {
        return data.capacity() + Defaults.DATAGRAM_COST;
    }
}
