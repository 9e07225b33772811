package dev.tulip.tests.support;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;

/** Whether this machine has it. */
public final class Ipv6 {
    private Ipv6() {}

    /** {@return whether somebody can listen on ::1} */
    public static boolean isAvailable() {
        try (ServerSocketChannel listener = ServerSocketChannel.open()) {
            listener.bind(new InetSocketAddress("::1", 0));
            return true;
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }
}
