package dev.tulip.benchmarks.echo;

import dev.tulip.benchmarks.report.UsageException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the clients do: each sends a message, waits until the same bytes have come back, and starts again.
 *
 * @param tls whether through TLS 1.3
 * @param bytes of a message
 * @param connections how many clients
 */
record Load(boolean tls, int bytes, int connections) {
    private static final Pattern NAME = Pattern.compile("(tls-)?(\\d{1,5})([km]?)x(\\d{1,6})");

    /** A connection's buffer holds a message; nobody would make it smaller than this. */
    private static final int SMALLEST_BUFFER = 16 * 1024;

    static Load parse(String name) {
        Matcher matcher = NAME.matcher(name);
        if (!matcher.matches()) {
            throw new UsageException("no load: " + name + "; loads look like 1kx50, 100kx10 or tls-1kx50");
        }
        int unit = switch (matcher.group(3)) {
            case "k" -> 1024;
            case "m" -> 1024 * 1024;
            default -> 1;
        };
        Load load = new Load(
                matcher.group(1) != null,
                Integer.parseInt(matcher.group(2)) * unit,
                Integer.parseInt(matcher.group(4)));
        if (load.bytes == 0 || load.connections == 0 || load.bytes > 1 << 26) {
            throw new UsageException("no load: " + name + "; 1 byte to 64 MiB, at least one connection");
        }
        return load;
    }

    /** {@return the size in bytes of the buffer that a server has for each connection, if it has one} */
    int bufferSize() {
        return Math.max(SMALLEST_BUFFER, Integer.highestOneBit(2 * bytes - 1));
    }

    /** {@return the name from which {@link #parse} makes this load} */
    String name() {
        boolean kilo = bytes % 1024 == 0;
        return (tls ? "tls-" : "") + (kilo ? bytes / 1024 + "k" : Integer.toString(bytes)) + "x" + connections;
    }

    String title() {
        return size(bytes) + " x " + connections + (tls ? ", TLS 1.3" : "");
    }

    static String size(int bytes) {
        if (bytes % (1024 * 1024) == 0) {
            return bytes / (1024 * 1024) + " MiB";
        }
        if (bytes % 1024 == 0) {
            return bytes / 1024 + " KiB";
        }
        return String.format(Locale.ROOT, bytes == 1 ? "%d byte" : "%d bytes", bytes);
    }
}
