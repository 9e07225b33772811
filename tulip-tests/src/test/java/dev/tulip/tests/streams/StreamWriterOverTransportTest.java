package dev.tulip.tests.streams;

import dev.tulip.loop.Suspends;
import dev.tulip.streams.StreamOptions;
import java.io.IOException;

/** The same over another transport, such as TLS. */
class StreamWriterOverTransportTest extends StreamWriterTest {
    @Override
    @Suspends
    Streamed open() throws IOException {
        return Streamed.overAnotherTransport(StreamOptions.defaults());
    }
}
