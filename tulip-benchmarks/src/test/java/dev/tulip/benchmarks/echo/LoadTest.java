package dev.tulip.benchmarks.echo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.benchmarks.report.UsageException;
import org.junit.jupiter.api.Test;

/** Loads and their names. */
class LoadTest {
    @Test
    void aLoadIsReadFromItsName() {
        assertThat(Load.parse("1kx50")).isEqualTo(new Load(false, 1024, 50));
        assertThat(Load.parse("tls-100kx10")).isEqualTo(new Load(true, 102_400, 10));
        assertThat(Load.parse("1mx1")).isEqualTo(new Load(false, 1 << 20, 1));
        assertThat(Load.parse("7x10000")).isEqualTo(new Load(false, 7, 10_000));
        for (Load load : new Load[] {new Load(true, 1, 1), new Load(false, 1 << 20, 3), new Load(false, 1500, 2)}) {
            assertThat(Load.parse(load.name())).isEqualTo(load);
        }
    }

    @Test
    void whatIsNoLoadIsRefused() {
        for (String name : new String[] {"", "1k", "1kx", "x5", "0x5", "1x0", "1gx1", "99999mx1", "tls1kx1"}) {
            assertThatThrownBy(() -> Load.parse(name))
                    .isInstanceOf(UsageException.class)
                    .hasMessageStartingWith("no load: " + name);
        }
    }

    @Test
    void aBufferHoldsAMessage() {
        assertThat(new Load(false, 1, 1).bufferSize()).isEqualTo(16 * 1024);
        assertThat(new Load(false, 100 * 1024, 1).bufferSize()).isEqualTo(128 * 1024);
        assertThat(new Load(false, 1 << 20, 1).bufferSize()).isEqualTo(1 << 20);
    }
}
