package dev.tulip.benchmarks.echo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.benchmarks.report.UsageException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The command lines of {@code ./tulip bench echo} and {@code growth}. */
class OptionsTest {
    @Test
    void withoutOptionsEverybodyIsMeasuredWithAllLoads() {
        EchoOptions options = EchoOptions.parse(List.of());
        assertThat(options.contenders()).isEqualTo(Contenders.ALL);
        assertThat(options.loads()).extracting(Load::name).containsExactly("1kx50", "1kx500", "100kx10", "tls-1kx50");
        assertThat(options.rounds()).isEqualTo(5);
        assertThat(options.warmUpSeconds()).isEqualTo(6);
        assertThat(options.seconds()).isEqualTo(5);
    }

    @Test
    void optionsAreTakenInAnyOrderAndALaterOneWins() {
        EchoOptions options = EchoOptions.parse(List.of(
                "--pairs",
                "7",
                "--quick",
                "--output",
                "elsewhere",
                "--seconds",
                "2",
                "--only",
                "go,nio",
                "--loads",
                "1x1"));
        assertThat(options.rounds()).isEqualTo(1);
        assertThat(options.warmUpSeconds()).isEqualTo(1);
        assertThat(options.seconds()).isEqualTo(2);
        assertThat(options.contenders()).extracting(Contender::name).containsExactly("nio", "go");
        assertThat(options.loads()).containsExactly(new Load(false, 1, 1));
        assertThat(options.results().folder()).isEqualTo(Path.of("elsewhere"));
    }

    @Test
    void helpNamesEveryContenderAndEveryQuestion() {
        assertThat(EchoOptions.parse(List.of("--quick", "--help"))).isNull();
        assertThat(GrowthOptions.parse(List.of("-h"))).isNull();
        assertThat(EchoOptions.usage())
                .contains(Contenders.ALL.stream().map(Contender::name).toList());
        assertThat(GrowthOptions.usage()).contains(GrowthOptions.QUESTIONS);
    }

    @Test
    void wrongUseIsExplained() {
        assertRefused("no contender: nobody; see --help", "--only", "nobody");
        assertRefused("no load: huge; loads look like 1kx50, 100kx10 or tls-1kx50", "--loads", "huge");
        assertRefused("--pairs needs a positive number, not 0", "--pairs", "0");
        assertRefused("--seconds needs a positive number, not soon", "--seconds", "soon");
        assertRefused("unknown option: --fast; see --help", "--fast");
        assertRefused("--output needs a value; see --help", "--output");
        assertThatThrownBy(() -> GrowthOptions.parse(List.of("--only", "hair")))
                .isInstanceOf(UsageException.class)
                .hasMessage("no question: hair; there are connections, sizes, timers, tasks");
    }

    private static void assertRefused(String message, String... arguments) {
        assertThatThrownBy(() -> EchoOptions.parse(List.of(arguments)))
                .isInstanceOf(UsageException.class)
                .hasMessage(message);
    }
}
