// Tulip at work: an echo server and a thousand clients on one loop, every byte checked. Run by ./tulip demo.

import static dev.tulip.Tulip.*;

import dev.tulip.loop.*;
import java.io.IOException;
import java.net.*;
import java.nio.ByteBuffer;
import java.nio.channels.*;
import java.time.Duration;
import java.util.*;

static final String USAGE =
        """
        usage: ./tulip demo [--seconds N] [--clients N] [--port P]

        Starts an echo server on this machine and N clients (1000), for N seconds (10). Every client sends
        messages of 1 byte to 8 KiB, waits for each to come back, and checks every byte. The exit status is 0
        only if nothing was lost. Meanwhile the server talks to others, too: nc 127.0.0.1 PORT
        """;

int seconds = 10;
int clients = 1_000;
int port = 0;

// What happened so far. Plain fields: everything runs on one thread, so nobody needs a lock.
int connected;
long messages;
long bytes;
long wrong;
long[] latencies = new long[1 << 16];

void main(String[] args) throws IOException {
    readOptions(args);
    run(this::demo);
    if (wrong > 0 || messages == 0) {
        System.err.println("demo: " + wrong + " answers were lost or wrong");
        System.exit(1);
    }
}

// -- the server: straight-line code, one task per client -------------------------------------------------------------

void serve(ServerSocketChannel listener) throws IOException {
    while (true) {
        SocketChannel client = runningLoop().sockAccept(listener);
        createTask(() -> echo(client));
    }
}

void echo(SocketChannel client) throws IOException {
    try (client) {
        byte[] data;
        while ((data = runningLoop().sockRecv(client, 16_384)).length > 0) {
            runningLoop().sockSendall(client, data);
        }
    }
}

// -- the clients -----------------------------------------------------------------------------------------------------

void talk(SocketAddress server, int number, long end) throws IOException {
    EventLoop loop = runningLoop();
    Random random = new Random(number);
    try (SocketChannel socket = SocketChannel.open()) {
        socket.configureBlocking(false);
        loop.sockConnect(socket, server);
        connected++;
        do {
            byte[] message = new byte[1 + random.nextInt(8 * 1024)];
            random.nextBytes(message);
            long start = loop.time();
            loop.sockSendall(socket, message);
            count(Arrays.equals(receive(socket, message.length), message), message.length, loop.time() - start);
            sleep(Duration.ofMillis(random.nextInt(100)));
        } while (loop.time() < end);
    } catch (IOException e) {
        System.err.println("client " + number + ": " + e);
        wrong++;
    }
}

byte[] receive(SocketChannel socket, int length) throws IOException {
    ByteBuffer answer = ByteBuffer.allocate(length);
    while (answer.hasRemaining() && runningLoop().sockRecvInto(socket, answer) >= 0) {}
    return answer.array();
}

void count(boolean right, int length, long latency) {
    if (right) {
        if (messages == latencies.length) {
            latencies = Arrays.copyOf(latencies, 2 * latencies.length);
        }
        latencies[(int) messages++] = latency;
        bytes += length;
    } else {
        wrong++;
    }
}

// -- the program -----------------------------------------------------------------------------------------------------

void demo() throws IOException {
    EventLoop loop = runningLoop();
    try (ServerSocketChannel listener = ServerSocketChannel.open()) {
        listener.bind(new InetSocketAddress("127.0.0.1", port), 1_024);
        listener.configureBlocking(false);
        var address = (InetSocketAddress) listener.getLocalAddress();
        IO.println("An echo server and %,d clients on one thread, for %d s, on the %s engine."
                .formatted(clients, seconds, loop.engine().name()));
        IO.println("Talk to it yourself meanwhile: nc 127.0.0.1 " + address.getPort());

        long start = loop.time();
        try {
            taskGroup(group -> {
                group.createBackgroundTask(() -> serve(listener)); // until all clients have ended
                group.createBackgroundTask(() -> progress(start));
                for (int i = 0; i < clients; i++) {
                    int number = i;
                    group.createTask(() -> talk(address, number, start + seconds * 1_000_000_000L));
                }
            });
        } finally {
            summary(loop.time() - start);
        }
    }
}

void progress(long start) {
    boolean terminal = System.console() != null && System.console().isTerminal();
    try {
        while (true) {
            sleep(Duration.ofMillis(terminal ? 200 : 2_000));
            String line = "%5.1f s  %,6d clients  %,10d messages  %,8.1f MB"
                    .formatted((runningLoop().time() - start) / 1e9, connected, messages, bytes / 1e6);
            System.out.print(terminal ? "\r" + line : line + "\n");
            System.out.flush();
        }
    } finally {
        System.out.print(terminal ? "\n" : "");
    }
}

void summary(long nanos) {
    long[] sorted = Arrays.copyOf(latencies, (int) messages);
    Arrays.sort(sorted);
    IO.println("%,d messages, %,.1f MB, %,.0f messages/s, %d wrong; answered in %s (median), %s (99 %%), %s (99.9 %%), %s (max)"
            .formatted(messages, bytes / 1e6, messages / (nanos / 1e9), wrong,
                    at(sorted, 0.5), at(sorted, 0.99), at(sorted, 0.999), at(sorted, 1)));
}

String at(long[] sorted, double part) {
    return sorted.length == 0
            ? "-"
            : "%.2f ms".formatted(sorted[(int) Math.min(sorted.length - 1, (long) (sorted.length * part))] / 1e6);
}

void readOptions(String[] args) {
    for (int i = 0; i < args.length; i += 2) {
        if (args[i].equals("--help")) {
            System.out.print(USAGE);
            System.exit(0);
        }
        switch (args[i]) {
            case "--seconds" -> seconds = number(args, i + 1, 1, 1_000);
            case "--clients" -> clients = number(args, i + 1, 1, 100_000);
            case "--port" -> port = number(args, i + 1, 0, 65_535);
            default -> refuse("unknown option: " + args[i]);
        }
    }
}

int number(String[] args, int index, int least, int most) {
    try {
        int number = Integer.parseInt(args[index]);
        if (least <= number && number <= most) {
            return number;
        }
    } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
        // said below
    }
    refuse(args[index - 1] + " needs a number from " + least + " to " + most);
    return 0;
}

void refuse(String message) {
    System.err.println("demo: " + message + "; see ./tulip demo --help");
    System.exit(2);
}
