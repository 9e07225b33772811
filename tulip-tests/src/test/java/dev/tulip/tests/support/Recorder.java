package dev.tulip.tests.support;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.Future;
import dev.tulip.loop.Suspends;
import dev.tulip.net.Protocol;
import dev.tulip.net.Transport;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A protocol that writes down what it is told, in words: {@code made}, {@code data abc}, {@code end}, {@code lost}. */
public class Recorder implements Protocol {
    /** What it was told so far. */
    public final List<String> events = new ArrayList<>();

    /** All bytes so far. */
    public final ByteArrayOutputStream received = new ByteArrayOutputStream();

    private final Future<Exception> lost = EventLoop.running().createFuture();
    private Transport transport;
    private boolean keepOpen;
    private boolean quiet;

    /** {@return this, which keeps the connection after the peer's end} */
    public Recorder keepingOpen() {
        keepOpen = true;
        return this;
    }

    /** {@return this, which does not write down the data among the events} */
    public Recorder quiet() {
        quiet = true;
        return this;
    }

    /** {@return the transport that it was given} */
    public Transport transport() {
        return transport;
    }

    /** {@return all that was received, as text} */
    public String text() {
        return received.toString(StandardCharsets.UTF_8);
    }

    /** {@return whether connectionLost was called} */
    public boolean isLost() {
        return lost.done();
    }

    /** Waits for connectionLost. {@return its argument} */
    @Suspends
    public Exception awaitLost() {
        Until.holds("connectionLost of " + transport, lost::done);
        return lost.result();
    }

    @Override
    public void connectionMade(Transport transport) {
        this.transport = transport;
        events.add("made");
    }

    @Override
    public void dataReceived(ByteBuffer data) {
        byte[] bytes = new byte[data.remaining()];
        data.get(bytes);
        received.writeBytes(bytes);
        if (!quiet) {
            events.add("data " + new String(bytes, StandardCharsets.UTF_8));
        }
    }

    @Override
    public boolean eofReceived() {
        events.add("end");
        return keepOpen;
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
