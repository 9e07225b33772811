package dev.tulip.tests.streams;

import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.run;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.tulip.loop.Suspends;
import dev.tulip.loop.Task;
import dev.tulip.streams.StreamReader;
import dev.tulip.streams.StreamWriter;
import dev.tulip.tests.support.MountedOnly;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** What a request costs in memory: nothing of ours. */
@MountedOnly // the fallback engine runs on a thread of the JDK's for each task
class AllocationTest {
    /** Boxes: the JDK's selector makes one of 16 bytes an event for a descriptor above 127; there are two events. */
    private static final int MOST_BYTES_PER_REQUEST = 48;

    private static final int WARM_UP = 20_000;
    private static final int REQUESTS = 20_000;

    /** Answers a peer until the end of the stream. */
    @FunctionalInterface
    private interface Echo {
        @Suspends
        void run(StreamReader reader, StreamWriter writer) throws IOException;
    }

    @Test
    void readingAndWritingBuffersAllocatesNothing() throws Exception {
        assertThatNothingIsAllocatedBy(AllocationTest::echo);
    }

    @Test
    void passingOnWhatComesAllocatesNothing() throws Exception {
        assertThatNothingIsAllocatedBy(StreamReader::transferTo);
    }

    private static void assertThatNothingIsAllocatedBy(Echo echo) throws IOException {
        long loopThread = Thread.currentThread().threadId();
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long perRequest = run(() -> {
            try (Streamed s = Streamed.directly()) {
                Task<Void> server = createTask(() -> echo.run(s.reader(), s.writer()));
                ByteBuffer message = ByteBuffer.allocateDirect(1000);
                talk(s, message, WARM_UP);
                long least = Long.MAX_VALUE;
                for (int i = 0; i < 5; i++) { // at first, code may still be compiled
                    long before = threads.getThreadAllocatedBytes(loopThread);
                    talk(s, message, REQUESTS);
                    least = Math.min(least, threads.getThreadAllocatedBytes(loopThread) - before);
                }
                server.cancel();
                return least / REQUESTS;
            }
        });
        assertThat(perRequest).as("bytes a request").isLessThan(MOST_BYTES_PER_REQUEST);
    }

    private static void echo(StreamReader reader, StreamWriter writer) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(10_000);
        while (reader.read(buffer.clear()) >= 0) {
            writer.write(buffer.flip());
            writer.drain();
        }
    }

    private static void talk(Streamed s, ByteBuffer message, int requests) throws IOException {
        for (int i = 0; i < requests; i++) {
            dev.tulip.Tulip.runningLoop().sockSendall(s.peer().socket(), message.clear());
            message.clear();
            while (message.hasRemaining()) {
                dev.tulip.Tulip.runningLoop().sockRecvInto(s.peer().socket(), message);
            }
        }
    }
}
