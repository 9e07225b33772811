package dev.tulip.tests.loop;

import static dev.tulip.Tulip.newEventLoop;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tulip.loop.Engine;
import dev.tulip.loop.EventLoop;
import dev.tulip.tests.support.ChildJvm;
import org.junit.jupiter.api.Test;

/** Which engine runs, and why: decision D2. */
class EngineTest {
    private static final String OPENS = "--add-opens=java.base/java.lang=ALL-UNNAMED";

    /** Prints the engine of a loop. */
    public static final class PrintEngine {
        public static void main(String[] args) {
            try (EventLoop loop = EventLoop.create()) {
                System.out.println(loop.engine());
            } catch (IllegalStateException e) {
                System.out.println("refused: " + e.getMessage());
            }
        }
    }

    @Test
    void theSuiteRunsOnTheEngineItShouldRunOn() {
        try (EventLoop loop = newEventLoop()) {
            assertThat(loop.engine().name()).isEqualTo(System.getProperty("tulip.tests.engine"));
            assertThat(loop.engine().isMounted()).isEqualTo(loop.engine().name().equals(Engine.MOUNTED));
            assertThat(loop.engine().reason()).isNotBlank();
            assertThat(loop.toString())
                    .endsWith("[not running, " + loop.engine().name() + "]");
        }
    }

    @Test
    void withAccessToTheJdkTheMountedEngineIsChosen() {
        ChildJvm.Result result = ChildJvm.run(PrintEngine.class, OPENS);
        assertThat(result.out()).startsWith("Engine[mounted: ").contains("a test of it passed");
        assertThat(result.err()).isEmpty();
    }

    @Test
    void withoutAccessTheFallbackIsChosenAndOneLineSaysHowToGetTheFastOne() {
        ChildJvm.Result result = ChildJvm.run(PrintEngine.class);
        assertThat(result.out())
                .startsWith("Engine[handoff: ")
                .contains("java.base does not open java.lang", "--add-opens java.base/java.lang=ALL-UNNAMED");
        assertThat(result.err().lines().filter(line -> line.contains("--add-opens")))
                .hasSize(1);
    }

    @Test
    void aPropertyForcesTheFallbackSilently() {
        ChildJvm.Result result = ChildJvm.run(PrintEngine.class, OPENS, "-Dtulip.engine=handoff");
        assertThat(result.out()).startsWith("Engine[handoff: the system property tulip.engine asks for it");
        assertThat(result.err()).isEmpty();
    }

    @Test
    void aForcedEngineThatDoesNotWorkIsRefusedWithTheFlagThatHelps() {
        ChildJvm.Result result = ChildJvm.run(PrintEngine.class, "-Dtulip.engine=mounted");
        assertThat(result.out())
                .startsWith("refused: the system property tulip.engine asks for the mounted engine, but java.base does")
                .contains("--add-opens java.base/java.lang=ALL-UNNAMED");
    }

    @Test
    void anUnknownEngineIsRefusedWithTheChoices() {
        ChildJvm.Result result = ChildJvm.run(PrintEngine.class, "-Dtulip.engine=warp");
        assertThat(result.out()).contains("refused: ", "'warp'", "mounted or handoff");
    }
}
