package dev.tulip.loop;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class NanosTest {
    @Test
    void durationsThatDoNotFitAreTheMostExtremeNumber() {
        assertThat(Nanos.of(Duration.ofNanos(5))).isEqualTo(5);
        assertThat(Nanos.of(Duration.ofSeconds(Long.MAX_VALUE))).isEqualTo(Long.MAX_VALUE);
        assertThat(Nanos.of(Duration.ofSeconds(Long.MIN_VALUE))).isEqualTo(Long.MIN_VALUE);
    }

    @Test
    void sumsDoNotWrapRound() {
        assertThat(Nanos.plus(1, 2)).isEqualTo(3);
        assertThat(Nanos.plus(5, Long.MAX_VALUE)).isEqualTo(Long.MAX_VALUE);
        assertThat(Nanos.plus(5, Long.MIN_VALUE)).isEqualTo(Long.MIN_VALUE + 5);
        assertThat(Nanos.plus(-5, Long.MIN_VALUE)).isEqualTo(Long.MIN_VALUE);
    }

    @Test
    void aMessageHasSecondsOrMilliseconds() {
        assertThat(Nanos.describe(50_000_000)).isEqualTo("50 ms");
        assertThat(Nanos.describe(1_500)).isEqualTo("0.0015 ms");
        assertThat(Nanos.describe(1_500_000_000)).isEqualTo("1.5 s");
        assertThat(Nanos.describe(3_600_000_000_000L)).isEqualTo("3600 s");
        assertThat(Nanos.describe(0)).isEqualTo("0 ms");
        assertThat(Nanos.describe(-1_000_000)).isEqualTo("-1 ms");
    }

    @Test
    void aSelectWaitsAtLeastAMillisecondAndAtMostADay() {
        assertThat(Nanos.toSelectMillis(1)).isEqualTo(1);
        assertThat(Nanos.toSelectMillis(1_000_000)).isEqualTo(1);
        assertThat(Nanos.toSelectMillis(1_000_001)).isEqualTo(2);
        assertThat(Nanos.toSelectMillis(Long.MAX_VALUE)).isEqualTo(24 * 3600 * 1000);
    }
}
