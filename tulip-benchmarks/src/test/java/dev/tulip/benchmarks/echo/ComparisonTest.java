package dev.tulip.benchmarks.echo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What becomes of the figures. */
class ComparisonTest {
    private static final Load LOAD = Load.parse("1kx50");
    private static final Contender C = contender("c-epoll");
    private static final Contender STREAMS = contender("tulip-streams");
    private static final Contender GO = contender("go");

    private static Contender contender(String name) {
        return Contenders.named(List.of(name)).getFirst();
    }

    private static Sample sample(double cpuMicros) {
        return new Sample(cpuMicros, 1000, 1, 2, 3, 4);
    }

    @Test
    void ratiosAreTakenRoundByRound() {
        Comparison comparison = new Comparison(LOAD, List.of(C, STREAMS));
        double[] c = {10, 20, 10}; // the machine was slow in the second round
        double[] streams = {11, 22, 12};
        for (int round = 0; round < c.length; round++) {
            comparison.add(C, sample(c[round]));
            comparison.add(STREAMS, sample(streams[round]));
        }
        assertThat(comparison.table())
                .containsPattern("\\| \\*\\*Tulip streams\\*\\* \\| +12.0 \\| 11.0-22.0 \\| +1.10 \\| 1.10-1.20 \\|");
        assertThat(comparison.medians()).containsEntry(C, 10.0).containsEntry(STREAMS, 12.0);
    }

    @Test
    void everyRoundBeginsWithAnotherContender() {
        Comparison comparison = new Comparison(LOAD, List.of(C, STREAMS, GO));
        assertThat(comparison.order(0)).containsExactly(C, STREAMS, GO);
        assertThat(comparison.order(1)).containsExactly(STREAMS, GO, C);
        assertThat(comparison.order(5)).containsExactly(GO, C, STREAMS);
    }

    @Test
    void withTlsOnlyThoseTakePartThatSpeakIt() {
        assertThat(new Comparison(Load.parse("tls-1kx50"), List.of(C, STREAMS, GO)).order(0))
                .containsExactly(STREAMS);
    }

    @Test
    void whoHasFailedIsOutAndTheOthersAreComparedWithTheNextBest() {
        Comparison comparison = new Comparison(LOAD, List.of(C, STREAMS, GO));
        comparison.add(C, sample(1));
        comparison.add(STREAMS, sample(10));
        comparison.add(GO, sample(20));
        comparison.remove(C);
        assertThat(comparison.table()).contains("x Tulip streams").contains("2.00");
        comparison.remove(STREAMS);
        comparison.remove(GO);
        assertThat(comparison.table()).isEqualTo("nobody was left\n");
    }

    @Test
    void theMedianOfAnEvenNumberIsTheMeanOfTheMiddleTwo() {
        assertThat(Spread.of(List.of(4.0, 1.0, 100.0, 2.0))).isEqualTo(new Spread(3, 1, 100));
    }
}
