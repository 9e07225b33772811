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
    private static final long STALLED_MILLIS = 10_000;
    private static final int MOST_WARM_UPS = 4;
    private static final int ANSWER_SIZE = 1024 * 1024;

    private final Selector selector = Selector.open();
    private final ByteBuffer expected; // the message
    private final ByteBuffer answer = ByteBuffer.allocateDirect(ANSWER_SIZE); // the same for all: it is checked at once
    private int[] latencies = new int[1 << 20]; // nanoseconds
    private int count;

    private LoadGenerator(Load load) throws IOException {
        byte[] bytes = new byte[load.bytes()];
        new Random(1).nextBytes(bytes);
        expected = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    }

    static void main(String[] args) throws IOException, GeneralSecurityException {
        int port = Integer.parseInt(args[0]);
        long pid = Long.parseLong(args[1]);
        Load load = Load.parse(args[2]);
        LoadGenerator generator = new LoadGenerator(load);
        for (Client client : generator.connect(port, load)) {
            client.sendMessage();
        }
        generator.warmUp(TimeUnit.SECONDS.toNanos(Long.parseLong(args[3])), pid);
        generator.count = 0;
        long cpuStart = Usage.cpuTime(pid).toNanos();
        long nanos = generator.run(TimeUnit.SECONDS.toNanos(Long.parseLong(args[4])));
        long cpuNanos = Usage.cpuTime(pid).toNanos() - cpuStart;
        System.out.println(
                generator.sample(cpuNanos, nanos, Usage.residentKiB(pid)).line());
        System.exit(0); // closing 10,000 connections takes its time
    }

    private List<Client> connect(int port, Load load) throws IOException, GeneralSecurityException {
        SSLContext context = TlsWire.context();
        List<Client> clients = new ArrayList<>();
        for (int i = 0; i < load.connections(); i++) {
            SocketChannel channel = SocketChannel.open(new InetSocketAddress("127.0.0.1", port));
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            Wire wire = load.tls() ? new TlsWire(channel, context) : new Wire.Plain(channel);
            channel.configureBlocking(false);
            SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
            Client client = new Client(this, wire, key, expected);
            key.attach(client);
            clients.add(client);
        }
        return clients;
    }

    /** Runs the clients until the server is warm: longer if it does not get its processor, because others work here. */
    private void warmUp(long nanos, long pid) throws IOException {
        int tries = 0;
        do {
            run(nanos);
        } while (Usage.cpuTime(pid).toNanos() < nanos / 2 && ++tries < MOST_WARM_UPS);
    }

    /** Runs the clients for some time. {@return how long it was} */
    private long run(long nanos) throws IOException {
        long start = System.nanoTime();
        long now = start;
        while (now - start < nanos) {
            if (selector.select(LoadGenerator::handle, STALLED_MILLIS) == 0) {
                throw new IOException("no answer for " + STALLED_MILLIS / 1000 + " seconds");
            }
            now = System.nanoTime();
        }
        return now - start;
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
