package dev.tulip.loop;

import java.net.SocketAddress;

/**
 * A datagram that was received.
 *
 * @param data what it holds; not copied, it belongs to whoever received it
 * @param sender who sent it
 */
@SuppressWarnings("ArrayRecordComponent") // a value that is taken apart at once; nobody compares datagrams
public record Datagram(byte[] data, SocketAddress sender) {
    @Override
    public String toString() {
        return "Datagram[" + data.length + " bytes from " + sender + "]";
    }
}
