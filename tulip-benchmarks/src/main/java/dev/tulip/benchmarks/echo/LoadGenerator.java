package dev.tulip.benchmarks.echo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;

/**
 * Puts a load on an echo server, checks every byte, and prints a {@link Sample}: a program by itself, on one thread, on the
 * JDK's selector and nothing of Tulip.
 *
 * <p>Arguments: the server's port and process id, the load by its name, the seconds to warm up and those to measure.
 */
final class LoadGenerator {
    /*
     * The warm-up goes in generations: connections are opened, used, and ended in order, then come others. Only then is a
     * server on the JVM what users see who have it run for days. What it calls once for each connection is interpreted for
     * the first 200 or more, and stays so on their stacks: the compiler replaces only frames with loops, one at a time,
     * which takes half a minute for 500. And connections that end take paths that were never taken before, for which
     * the JVM throws compiled code away, and makes it again.
     *
     * Whoever ends a connection first keeps its port for a minute (TIME_WAIT). SO_LINGER 0 would not help: Linux keeps the
     * port from when the server's end has come, whatever close does later. There are 28,232 ports. So some 250 connections
     * a second come and go, not more: 15,000 in a minute, however long the warm-up, beside 10,000 that are measured.
     */
    private static final int MOST_IN_A_GENERATION = 500;
    private static final long GENERATION_NANOS_PER_CONNECTION = TimeUnit.MILLISECONDS.toNanos(4);
    private static final long SHORTEST_GENERATION_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private static final int MOST_WARM_UPS = 4;
    private static final long SETTLING_NANOS = TimeUnit.MILLISECONDS.toNanos(300);
    private static final long STALLED_MILLIS = 10_000;
    private static final int ANSWER_SIZE = 1024 * 1024;

    private final int port;
    private final long pid;
    private final Load load;
    private final SSLContext tls = TlsWire.context();
    private final Selector selector = Selector.open();
    private final ByteBuffer expected; // the message
    private final ByteBuffer answer = ByteBuffer.allocateDirect(ANSWER_SIZE); // the same for all: it is checked at once
    private int open; // connections
    private boolean ending; // whether clients end their connections instead of sending again
    private int[] latencies = new int[1 << 20]; // nanoseconds
    private int count;

    LoadGenerator(int port, long pid, Load load) throws IOException, GeneralSecurityException {
        this.port = port;
        this.pid = pid;
        this.load = load;
        byte[] bytes = new byte[load.bytes()];
        new Random(1).nextBytes(bytes);
        expected = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    }

    static void main(String[] args) throws IOException, GeneralSecurityException {
        LoadGenerator generator =
                new LoadGenerator(Integer.parseInt(args[0]), Long.parseLong(args[1]), Load.parse(args[2]));
        long warmUpNanos = TimeUnit.SECONDS.toNanos(Long.parseLong(args[3]));
        long nanos = TimeUnit.SECONDS.toNanos(Long.parseLong(args[4]));
        System.out.println(generator.measure(warmUpNanos, nanos).line());
        System.exit(0); // closing 10,000 connections takes its time
    }

    /** Warms the server up and measures it. The connections that were measured stay open. */
    Sample measure(long warmUpNanos, long nanos) throws IOException {
        warmUp(warmUpNanos);
        connect(load.connections());
        run(SETTLING_NANOS);
        count = 0;
        long cpuStart = Usage.cpuTime(pid).toNanos();
        long measuredNanos = run(nanos);
        long cpuNanos = Usage.cpuTime(pid).toNanos() - cpuStart;
        return sample(cpuNanos, measuredNanos, Usage.residentKiB(pid));
    }

    /**
     * Runs whole generations, one at least, until the server is warm: longer if it does not get its processor, because
     * others work here.
     */
    private void warmUp(long nanos) throws IOException {
        int connections = Math.min(load.connections(), MOST_IN_A_GENERATION);
        long shortest = Math.max(connections * GENERATION_NANOS_PER_CONNECTION, SHORTEST_GENERATION_NANOS);
        int tries = 0;
        do {
            long start = System.nanoTime();
            long now = start;
            do { // connecting takes its part of the time: with TLS much, but no more than half
                connect(connections);
                long connectNanos = System.nanoTime() - now;
                run(Math.max(shortest, connectNanos));
                endAll();
                now = System.nanoTime();
            } while (now - start < nanos);
        } while (Usage.cpuTime(pid).toNanos() < nanos / 2 && ++tries < MOST_WARM_UPS);
    }

    /** Opens connections, then sends the first message on each. */
    private void connect(int connections) throws IOException {
        List<Client> clients = new ArrayList<>();
        for (int i = 0; i < connections; i++) {
            SocketChannel channel = SocketChannel.open(new InetSocketAddress("127.0.0.1", port));
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            Wire wire = load.tls() ? new TlsWire(channel, tls) : new Wire.Plain(channel);
            channel.configureBlocking(false);
            SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
            Client client = new Client(this, wire, key, expected);
            key.attach(client);
            clients.add(client);
        }
        open += connections;
        for (Client client : clients) {
            client.sendMessage();
        }
    }

    /** Runs the clients for some time. {@return how long it was} */
    private long run(long nanos) throws IOException {
        long start = System.nanoTime();
        long now = start;
        while (now - start < nanos) {
            handleReady();
            now = System.nanoTime();
        }
        return now - start;
    }

    /** Waits for the answers that are due, and ends each connection in order: first this side, then the server's. */
    private void endAll() throws IOException {
        ending = true;
        while (open > 0) {
            handleReady();
        }
        ending = false;
    }

    private void handleReady() throws IOException {
        if (selector.select(LoadGenerator::handle, STALLED_MILLIS) == 0) {
            throw new IOException(
                    (ending ? "no answer, or no end, for " : "no answer for ") + STALLED_MILLIS / 1000 + " seconds");
        }
    }

    private static void handle(SelectionKey key) {
        try {
            ((Client) key.attachment()).continueAll();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    ByteBuffer expected() {
        return expected;
    }

    ByteBuffer answer() {
        return answer;
    }

    boolean isEnding() {
        return ending;
    }

    /** A connection has ended on both sides. */
    void closed() {
        open--;
    }

    void answered(long nanos) {
        if (count == latencies.length) {
            latencies = Arrays.copyOf(latencies, 2 * count);
        }
        latencies[count++] = (int) Math.min(nanos, Integer.MAX_VALUE);
    }

    private Sample sample(long cpuNanos, long nanos, long residentKiB) {
        if (count == 0) {
            throw new IllegalStateException("no request was answered in the time");
        }
        Arrays.sort(latencies, 0, count);
        return new Sample(
                cpuNanos / 1e3 / count,
                count * 1e9 / nanos,
                percentileMicros(0.5),
                percentileMicros(0.99),
                percentileMicros(0.999),
                residentKiB / 1024.0);
    }

    private double percentileMicros(double part) {
        return latencies[(int) (count * part)] / 1e3;
    }
}
