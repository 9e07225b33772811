package dev.tulip.tests.support;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Future;
import dev.tulip.loop.Suspends;
import dev.tulip.net.DatagramProtocol;
import dev.tulip.net.DatagramTransport;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A protocol that writes down what it is told, in words: {@code made}, {@code datagram abc}, {@code error X}, {@code
 * lost}.
 */
public class DatagramRecorder implements DatagramProtocol {
    /** What it was told so far. */
    public final List<String> events = new ArrayList<>();

    /** All datagrams so far. */
    public final List<byte[]> received = new ArrayList<>();

    /** Who sent them. */
    public final List<SocketAddress> senders = new ArrayList<>();

    /** All errors so far. */
    public final List<IOException> errors = new ArrayList<>();

    private final Future<Exception> lost = EventLoop.running().createFuture();
    private DatagramTransport transport;

    /** {@return the transport that it was given} */
    public DatagramTransport transport() {
        return transport;
    }

    /** {@return what it was told since connectionMade} */
    public List<String> eventsAfterMade() {
        return events.subList(1, events.size());
    }

    /** Waits for connectionLost. {@return its argument} */
    @Suspends
    public Exception awaitLost() {
        Until.holds("connectionLost of " + transport, lost::done);
        return lost.result();
    }

    /** Waits until so many datagrams have come. */
    @Suspends
    public void awaitReceived(int count) {
        Until.holds(count + " datagrams", () -> received.size() >= count);
    }

    @Override
    public void connectionMade(DatagramTransport transport) {
        this.transport = transport;
        events.add("made");
    }

    @Override
    public void datagramReceived(ByteBuffer data, SocketAddress sender) {
        byte[] bytes = new byte[data.remaining()];
        data.get(bytes);
        received.add(bytes);
        senders.add(sender);
        events.add("datagram " + new String(bytes, StandardCharsets.UTF_8));
    }

    @Override
    public void errorReceived(IOException error) {
        errors.add(error);
        events.add("error " + error.getClass().getSimpleName());
    }

    @Override
    public void pauseWriting() {
        events.add("pause");
    }

    @Override
    public void resumeWriting() {
        events.add("resume");
    }

    @Override
    public void connectionLost(Exception exception) {
        events.add(exception == null ? "lost" : "lost " + exception.getClass().getSimpleName());
        lost.setResult(exception);
    }
}
