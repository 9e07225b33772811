package dev.tulip.tests.programs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tulip.loop.Terminated;
import dev.tulip.tests.support.Program;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** examples/ReloadingServer.java reloads on SIGHUP and drains on SIGTERM. */
class ReloadingServerTest {
    @TempDir
    Path folder;

    /** Somebody at a telnet. */
    private static final class Guest implements AutoCloseable {
        private final Socket socket;
        private final BufferedReader reader;

        private Guest(int port) throws IOException {
            socket = new Socket("127.0.0.1", port);
            reader = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
        }

        private Guest says(String name) throws IOException {
            socket.getOutputStream().write((name + "\n").getBytes(StandardCharsets.US_ASCII));
            return this;
        }

        private String hears() throws IOException {
            return reader.readLine();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    @Test
    void itReloadsOnSighupAndAnswersEverybodyBeforeItEndsOnSigterm() throws IOException {
        Path file = Files.writeString(folder.resolve("greeting"), "Hello\n");
        try (Program server = Program.tulip("run", "examples/ReloadingServer.java", file.toString())) {
            String line = server.readLineThatStartsWith("process ");
            int port = Integer.parseInt(line.substring(line.lastIndexOf(':') + 1));
            try (Guest ada = new Guest(port);
                    Guest bob = new Guest(port);
                    Guest eve = new Guest(port)) {
                assertThat(ada.says("Ada").hears()).isEqualTo("Hello, Ada!");
                Files.writeString(file, "Good evening");
                server.signal("HUP");
                assertThat(server.readLine()).isEqualTo("reloaded: Good evening");
                assertThat(bob.says("Bob").hears()).isEqualTo("Good evening, Bob!");
                Files.delete(file);
                server.signal("HUP");
                assertThat(server.readLine()).startsWith("not reloaded, goes on as before: ");
                server.signal("TERM");
                assertThat(eve.says("Eve").hears()).isEqualTo("Good evening, Eve!");
            }
            assertThat(server.status()).isEqualTo(Terminated.EXIT_STATUS);
            assertThat(server.error()).isEmpty();
        }
    }
}
