package dev.tulip.tests.streams;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.run;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tulip.loop.Suspends;
import dev.tulip.loop.Task;
import dev.tulip.net.Transport;
import dev.tulip.streams.StreamOptions;
import dev.tulip.tests.support.Until;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** The same over a transport that cannot be read directly, as TLS: it calls the protocol. */
class StreamReaderOverTransportTest extends StreamReaderTest {
    @Override
    @Suspends
    Streamed open(StreamOptions options) throws IOException {
        return Streamed.overAnotherTransport(options);
    }

    @Test
    void theTransportIsPausedOverTwiceTheLimitAndResumedAtTheLimit() throws Exception {
        run(() -> {
            try (Streamed s = open(DEFAULTS.withLimit(100))) {
                Transport transport = s.connection().transport();
                s.peer().send("x".repeat(200));
                Until.holds("200 bytes", () -> s.reader().toString().contains("200 bytes"));
                assertThat(transport.isReading()).isTrue();
                s.peer().send("x");
                Until.holds("201 bytes", () -> s.reader().toString().contains("201 bytes"));
                assertThat(transport.isReading()).isFalse();
                s.reader().read(100);
                assertThat(transport.isReading()).isFalse();
                s.reader().read(1);
                assertThat(transport.isReading()).isTrue();
            }
        });
    }

    @Test
    void whoeverWaitsForMoreResumesTheTransport() throws Exception {
        run(() -> {
            try (Streamed s = open(DEFAULTS.withLimit(10))) {
                s.peer().send("x".repeat(50));
                Until.holds("paused", () -> !s.connection().transport().isReading());
                Task<byte[]> reader = createTask(() -> s.reader().readExactly(1000));
                s.peer().send("y".repeat(950));
                assertThat(await(reader)).hasSize(1000);
            }
        });
    }
}
