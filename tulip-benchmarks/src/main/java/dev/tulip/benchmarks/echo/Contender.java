package dev.tulip.benchmarks.echo;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * An echo server that can be measured.
 *
 * @param name for the command line
 * @param title for the tables
 * @param speaksTls whether it can serve a TLS load
 * @param preparation finds or makes its program
 */
record Contender(String name, String title, boolean speaksTls, Preparation preparation) {
    /** Finds or makes a server's program. */
    interface Preparation {
        /** {@return the program} Uses a folder that is deleted at the end. */
        Program prepare(Path folder) throws IOException, NotInstalledException;
    }

    /** The program of a server. */
    interface Command {
        /** {@return what starts it, with buffers of a size} It gets the key store in addition, if the load is TLS. */
        List<String> with(int bufferSize);
    }

    /**
     * A server's program.
     *
     * @param version what the report says of it; empty if the JDK's version is all there is to say
     * @param command starts it
     */
    record Program(String version, Command command) {}

    boolean isOurs() {
        return name.startsWith("tulip");
    }
}
