package dev.tulip.tests.loop;

import static dev.tulip.Tulip.newEventLoop;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.EventLoop;
import dev.tulip.loop.ExceptionContext;
import dev.tulip.loop.KeyboardInterrupt;
import dev.tulip.tests.support.Logs;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Where errors go that nobody is waiting for: row O3 of asyncio. */
class ExceptionHandlerTest {
    @Test
    void theDefaultHandlerLogsTheMessageTheSubjectsAndTheStack(Logs logs) {
        try (EventLoop loop = newEventLoop()) {
            loop.setExceptionHandler(null);
            assertThat(loop.exceptionHandler()).isNull();
            loop.callExceptionHandler(new ExceptionContext(
                    "it broke", new IllegalStateException("boom"), Map.of("handle", "the handle")));
        }
        assertThat(logs.take()).singleElement().satisfies(record -> {
            assertThat(record.getMessage()).contains("it broke", "handle: the handle", "EventLoop-");
            assertThat(record.getThrown()).hasMessage("boom");
        });
    }

    @Test
    void aCustomHandlerGetsTheLoopAndTheContext() {
        List<Object> got = new ArrayList<>();
        try (EventLoop loop = newEventLoop()) {
            loop.setExceptionHandler((where, context) -> {
                got.add(where);
                got.add(context.message());
                got.add(context.exception());
                got.add(context.get("task"));
                got.add(context.get("nothing"));
            });
            loop.callExceptionHandler(new ExceptionContext("it broke", null, "task", "Task-1"));
            assertThat(got).containsExactly(loop, "it broke", null, "Task-1", null);
        }
    }

    @Test
    void aHandlerThatThrowsIsReportedWithWhatItWasCalledFor(Logs logs) {
        try (EventLoop loop = newEventLoop()) {
            loop.setExceptionHandler((where, context) -> {
                throw new IllegalStateException("handler broke");
            });
            loop.callSoon(() -> {
                throw new IllegalStateException("callback broke");
            });
            loop.callSoon(loop::stop);
            loop.runForever();
        }
        assertThat(logs.take())
                .extracting(record -> record.getMessage().lines().findFirst().orElseThrow() + " / "
                        + record.getThrown().getMessage())
                .satisfiesExactly(
                        first -> assertThat(first).contains("Unhandled error in exception handler / handler broke"),
                        second -> assertThat(second).contains("Exception in callback / callback broke"));
    }

    @Test
    void aKeyboardInterruptPassesThroughTheHandler() {
        try (EventLoop loop = newEventLoop()) {
            loop.setExceptionHandler((where, context) -> {
                throw new KeyboardInterrupt();
            });
            loop.callSoon(() -> {
                throw new IllegalStateException("callback broke");
            });
            assertThatThrownBy(loop::runForever).isInstanceOf(KeyboardInterrupt.class);
        }
    }

    @Test
    void aContextCopiesItsSubjectsAndPrintsThem() {
        ExceptionContext context = new ExceptionContext("it broke", null, "task", "Task-1");
        assertThat(context.toString()).isEqualTo("it broke\n  task: Task-1");
        assertThatThrownBy(() -> context.subjects().clear()).isInstanceOf(UnsupportedOperationException.class);
    }
}
