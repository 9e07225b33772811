package dev.tulip.tests.streams;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.Task;
import dev.tulip.streams.IncompleteReadException;
import dev.tulip.streams.StreamOptions;
import dev.tulip.streams.StreamReader;
import dev.tulip.tests.support.Until;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** Readers without a connection: for protocols, and for tests of code that reads. */
class FedReaderTest {
    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes());
    }

    @Test
    void aReaderReadsWhatItIsFed() throws Exception {
        run(() -> {
            StreamReader reader = new StreamReader();
            Task<String> line = createTask(() -> reader.readLine());
            Until.settled();
            reader.feedData(bytes("one"));
            reader.feedData(bytes("\ntwo"));
            reader.feedEof();
            assertThat(await(line)).isEqualTo("one");
            assertThat(reader.atEof()).isFalse();
            assertThatThrownBy(() -> reader.readExactly(4))
                    .isInstanceOfSatisfying(
                            IncompleteReadException.class,
                            e -> assertThat(e.partial()).containsExactly('t', 'w', 'o'));
            assertThat(reader.atEof()).isTrue();
            assertThat(reader.toString()).isEqualTo("StreamReader[from the peer, 0 bytes buffered, ended]");
        });
    }

    @Test
    void theMemoryThatIsFedIsTheCallersAgain() throws Exception {
        run(() -> {
            StreamReader reader = new StreamReader(StreamOptions.defaults().withLimit(4));
            byte[] memory = "abc".getBytes();
            ByteBuffer data = ByteBuffer.wrap(memory);
            reader.feedData(data);
            assertThat(data.hasRemaining()).isFalse();
            memory[0] = 'x';
            assertThat(reader.readExactly(3)).containsExactly('a', 'b', 'c');
        });
    }

    @Test
    void aReaderNeedsALoop() {
        assertThatThrownBy(StreamReader::new).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void optionsAreChecked() {
        assertThatThrownBy(() -> StreamOptions.defaults().withLimit(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("limit must be positive, not 0");
    }
}
