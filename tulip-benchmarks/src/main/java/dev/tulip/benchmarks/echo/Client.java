package dev.tulip.benchmarks.echo;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;

/**
 * One client: sends the message, waits until the same bytes have come back, and starts again; or, if the generator ends its
 * connections, ends this one and waits for the server's end.
 */
final class Client {
    private final LoadGenerator generator;
    private final Wire wire;
    private final SelectionKey key;
    private final ByteBuffer message; // a view of its own: what is sent lies before its position
    private int answered; // bytes of the message
    private long sentNanos;
    private boolean ended; // by this side

    Client(LoadGenerator generator, Wire wire, SelectionKey key, ByteBuffer message) {
        this.generator = generator;
        this.wire = wire;
        this.key = key;
        this.message = message.duplicate();
    }

    void sendMessage() throws IOException {
        message.rewind();
        answered = 0;
        sentNanos = System.nanoTime();
        continueSending();
    }

    /** Sends on and reads on, whatever the socket is ready for. */
    void continueAll() throws IOException {
        if (key.isWritable()) {
            continueSending();
        }
        if (key.isReadable()) {
            read();
        }
    }

    private void continueSending() throws IOException {
        int interest = wire.send(message) ? SelectionKey.OP_READ : SelectionKey.OP_READ | SelectionKey.OP_WRITE;
        if (key.interestOps() != interest) {
            key.interestOps(interest);
        }
    }

    private void read() throws IOException {
        ByteBuffer answer = generator.answer().clear();
        int count = wire.read(answer);
        if (count < 0 && ended) {
            key.channel().close();
            generator.closed();
            return;
        }
        if (count < 0) {
            throw new EOFException("the server has closed a connection");
        }
        answer.flip();
        ByteBuffer expected = generator.expected();
        if (count > expected.capacity() - answered) {
            throw new IOException("the server has sent more than it has got");
        }
        expected.limit(answered + count).position(answered);
        if (!answer.equals(expected)) {
            throw new IOException(
                    "the answer differs from the message, between bytes " + answered + " and " + (answered + count));
        }
        answered += count;
        if (answered < expected.capacity() || ended) {
            return;
        }
        generator.answered(System.nanoTime() - sentNanos);
        if (generator.isEnding()) {
            ended = true;
            wire.end();
        } else {
            sendMessage();
        }
    }
}
