package dev.tulip.tests.streams;

import static dev.tulip.Tulip.await;
import static dev.tulip.Tulip.createTask;
import static dev.tulip.Tulip.run;
import static dev.tulip.Tulip.runningLoop;
import static dev.tulip.Tulip.sleep;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tulip.loop.CancelledError;
import dev.tulip.loop.Suspends;
import dev.tulip.loop.Task;
import dev.tulip.streams.ConnectionLostException;
import dev.tulip.streams.IncompleteReadException;
import dev.tulip.streams.LimitOverrunException;
import dev.tulip.streams.StreamOptions;
import dev.tulip.streams.StreamReader;
import dev.tulip.tests.support.Until;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Reading, row Z3 to Z8 and behaviours 8, 56 to 58 of asyncio. Here the reader reads from the socket itself. */
class StreamReaderTest {
    static final StreamOptions DEFAULTS = StreamOptions.defaults();

    /** Connects, in the way that this class is about. */
    @Suspends
    Streamed open(StreamOptions options) throws IOException {
        return Streamed.directly(options);
    }

    static String text(byte[] bytes) {
        return new String(bytes, UTF_8);
    }

    static byte[] random(long seed, int size) {
        byte[] data = new byte[size];
        new Random(seed).nextBytes(data);
        return data;
    }

    /** Waits until the reader keeps this much, by reading a line and no more. */
    @Suspends
    private static void buffer(Streamed s, String rest) throws IOException {
        s.peer().send("x\n" + rest);
        assertThat(s.reader().readLine()).isEqualTo("x");
        Until.holds("buffered", () -> s.reader().toString().contains(rest.length() + " bytes buffered"));
    }

    // -- bytes ----------------------------------------------------------------------------------------------------

    @Test
    void readReturnsWhatHasComeAndAtMostTheLimit() throws Exception {
        run(() -> {
            try (Streamed s = open(DEFAULTS)) {
                s.peer().send("hello world");
                assertThat(text(s.reader().read(5))).isEqualTo("hello");
                assertThat(text(s.reader().read(100))).isEqualTo(" world");
                Task<byte[]> later = createTask(() -> s.reader().read(100));
                sleep(Duration.ZERO);
                s.peer().send("more");
                assertThat(text(await(later))).isEqualTo("more");
            }
        });
    }

    @Test
    void readingNothingReturnsAtOnce() throws Exception {
        run(() -> {
            try (Streamed s = open(DEFAULTS)) {
                assertThat(s.reader().read(0)).isEmpty();
                assertThat(s.reader().readExactly(0)).isEmpty();
                assertThat(s.reader().read(ByteBuffer.allocate(0))).isZero();
                assertThatThrownBy(() -> s.reader().read(-1))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("readToEnd");
                assertThatThrownBy(() -> s.reader().readExactly(-1)).isInstanceOf(IllegalArgumentException.class);
            }
        });
    }

    @Test
    void theEndIsTheEndHoweverOftenOneReads() throws Exception {
        run(() -> {
            try (Streamed s = open(DEFAULTS)) {
                s.peer().send("last");
                s.peer().sendEnd();
                assertThat(s.reader().atEof()).isFalse();
                assertThat(text(s.reader().readToEnd())).isEqualTo("last");
                for (int i = 0; i < 3; i++) {
                    assertThat(s.reader().atEof()).isTrue();
                    assertThat(s.reader().read(10)).isEmpty();
                    assertThat(s.reader().read(ByteBuffer.allocate(10))).isEqualTo(-1);
                    assertThat(s.reader().readToEnd()).isEmpty();
                    assertThat(s.reader().readLine()).isNull();
                    assertThat(s.reader().lines()).isEmpty();
                    assertThat(s.reader().readExactly(0)).isEmpty();
                    assertThatThrownBy(() -> s.reader().readExactly(1)).isInstanceOf(IncompleteReadException.class);
                }
                s.writer().write("still open");
                assertThat(s.peer().receive(10)).isEqualTo("still open");
            }
        });
    }

    @Test
    void readFillsWhatRemainsInABuffer() throws Exception {
        run(() -> {
            try (Streamed s = open(DEFAULTS)) {
                for (ByteBuffer buffer : List.of(
                        ByteBuffer.allocate(8),
                        ByteBuffer.allocateDirect(8),
                        ByteBuffer.allocate(100).slice(50, 8))) {
                    s.peer().send("abcdefgh");
                    buffer.position(2).limit(5);
                    assertThat(s.reader().read(buffer)).isEqualTo(3);
                    assertThat(buffer.position()).isEqualTo(5);
                    assertThat(UTF_8.decode(buffer.flip().position(2)).toString())
                            .isEqualTo("abc");
                    assertThat(text(s.reader().readExactly(5))).isEqualTo("defgh");
                }
            }
        });
    }

    @Test
    void whatIsBufferedComesFirst() throws Exception {
        run(() -> {
            try (Streamed s = open(DEFAULTS)) {
                buffer(s, "abcdef");
                s.peer().send("ghi");
                ByteBuffer two = ByteBuffer.allocate(2);
                assertThat(s.reader().read(two)).isEqualTo(2);
                assertThat(text(two.array())).isEqualTo("ab");
                assertThat(text(s.reader().read(2))).isEqualTo("cd");
                assertThat(text(s.reader().readExactly(5))).isEqualTo("efghi");
            }
        });
    }

    @Test
    void readExactlyWaitsForAllOfIt() throws Exception {
        run(() -> {
            try (Streamed s = open(DEFAULTS.withLimit(10))) {
                byte[] data = random(1, 3_000_000);
                Task<Void> sender = createTask(() -> s.peer().send(data));
                assertThat(s.reader().readExactly(1)).isEqualTo(Arrays.copyOf(data, 1));
                assertThat(s.reader().readExactly(2_500_000)).isEqualTo(Arrays.copyOfRange(data, 1, 2_500_001));
                assertThat(s.reader().readExactly(499_999)).isEqualTo(Arrays.copyOfRange(data, 2_500_001, data.length));
                await(sender);
            }
        });
    }

    @Test
    void readExactlyTakesMemoryAsBytesComeNotAsAPeerPromises() throws Exception {
        run(() -> {
            try (Streamed s = open(DEFAULTS)) {
                Task<byte[]> reader = createTask(() -> s.reader().readExactly(Integer.MAX_VALUE));
                s.peer().send("a little");
                s.peer().sendEnd();
                assertThatThrownBy(() -> await(reader))
                        .isInstanceOf(IncompleteReadException.class)
                        .hasMessage("the stream ended after 8 of 2147483647 bytes");
            }
        });
    }

    @Test
    void anIncompleteReadHasWhatHadCome() throws Exception {
        run(() -> {
            try (Streamed s = open(DEFAULTS)) {
                s.peer().send("abc");
                s.peer().sendEnd();
                assertThatThrownBy(() -> s.reader().readExactly(10))
                        .isInstanceOfSatisfying(IncompleteReadException.class, e -> {
                            assertThat(text(e.partial())).isEqualTo("abc");
                            assertThat(e.expected()).isEqualTo(10);
                        });
                assertThat(s.reader().atEof()).isTrue();
            }
        });
    }

    @Test
    void readToEndHasAllOfIt() throws Exception {
        run(() -> {
            try (Streamed s = open(DEFAULTS.withLimit(10))) {
                byte[] data = random(2, 3_000_000);
                Task<Void> sender = createTask(() -> {
                    s.peer().send(data);
                    s.peer().sendEnd();
                });
                assertThat(s.reader().readToEnd()).isEqualTo(data);
                await(sender);
            }
        });
    }

    @Test
    void readToEndWithALimitTakesNothingIfThereIsMore() throws Exception {
        run(() -> {
            try (Streamed s = open(DEFAULTS)) {
                s.peer().send("abcdef");
                s.peer().sendEnd();
                for (int i = 0; i < 2; i++) {
                    assertThatThrownBy(() -> s.reader().readToEnd(5)).isInstanceOf(LimitOverrunException.class);
                }
                assertThat(text(s.reader().readToEnd(6))).isEqualTo("abcdef");
            }
        });
    }

    // -- without memory of one's own ------------------------------------------------------------------------------

    @Test
    void readSharedLendsWhatHasComeAndEndsWithNull() throws Exception {
        run(() -> {
            try (Streamed s = open(DEFAULTS)) {
                s.peer().send("hello");
                assertThat(lent(s.reader())).isEqualTo("hello");
                Task<String> later = createTask(() -> lent(s.reader()));
                sleep(Duration.ZERO);
                s.peer().send("more");
                assertThat(await(later)).isEqualTo("more");
                buffer(s, "kept");
                assertThat(lent(s.reader())).isEqualTo("kept");
                s.peer().sendEnd();
                assertThat(s.reader().readShared()).isNull();
                assertThat(s.reader().readShared()).isNull();
                assertThat(s.reader().atEof()).isTrue();
            }
        });
    }

    @Test
    void allReadersOfALoopLendTheSameMemory() throws Exception {
        run(() -> {
            try (Streamed s = open(DEFAULTS);
                    Streamed other = open(DEFAULTS)) {
                s.peer().send("one");
                other.peer().send("two");
                ByteBuffer data = s.reader().readShared();
                assertThat(data).isNotNull().matches(ByteBuffer::isDirect, "direct");
                assertThat(UTF_8.decode(data).toString()).isEqualTo("one");
                assertThat(other.reader().readShared()).isSameAs(data);
                assertThat(UTF_8.decode(data).toString()).isEqualTo("two");
            }
        });
    }

    @Test
    void whatIsLentMayBeChangedAndWritten() throws Exception {
        run(() -> {
            try (Streamed s = open(DEFAULTS)) {
                s.peer().send("hello");
                ByteBuffer data = s.reader().readShared();
                assertThat(data).isNotNull();
                s.writer().write(data.put(0, (byte) 'j'));
                assertThat(s.peer().receive(5)).isEqualTo("jello");
            }
        });
    }

    @Test
    void readSharedHasAllOfALongStream() throws Exception {
        run(() -> {
            try (Streamed s = open(DEFAULTS)) {
                byte[] data = random(8, 3_000_000);
                Task<Void> sender = createTask(() -> {
                    s.peer().send(data);
                    s.peer().sendEnd();
                });
                ByteArrayOutputStream all = new ByteArrayOutputStream();
                for (ByteBuffer piece = s.reader().readShared();
                        piece != null;
                        piece = s.reader().readShared()) {
                    assertThat(piece.remaining()).isBetween(1, 256 * 1024);
                    byte[] bytes = new byte[piece.remaining()];
                    piece.get(bytes);
                    all.writeBytes(bytes);
                }
                assertThat(all.toByteArray()).isEqualTo(data);
                await(sender);
            }
        });
    }

    @Test
    void cancellingReadSharedTakesNothing() throws Exception {
        run(() -> {
            try (Streamed s = open(DEFAULTS)) {
                Task<ByteBuffer> reader = createTask(s.reader()::readShared);
                sleep(Duration.ZERO);
                s.peer().send("hello");
                reader.cancel();
                assertThatThrownBy(() -> await(reader)).isInstanceOf(CancelledError.class);
                assertThat(lent(s.reader())).isEqualTo("hello");
            }
        });
    }

    /** Reads what the peer has sent in one piece. */
    @Suspends
    private static String lent(StreamReader reader) throws IOException {
        ByteBuffer data = reader.readShared();
        assertThat(data).isNotNull();
        return UTF_8.decode(data).toString();
    }

    @Test
    void transferToPassesEverythingOn() throws Exception {
        run(() -> {
            try (Streamed from = open(DEFAULTS);
                    Streamed to = open(DEFAULTS)) {
                byte[] data = random(9, 3_000_000);
                Task<Void> sender = createTask(() -> {
                    from.peer().send(data);
                    from.peer().sendEnd();
                });
                Task<Long> transfer = createTask(() -> {
                    long count = from.reader().transferTo(to.writer());
                    to.writer().writeEof();
                    return count;
                });
                ByteBuffer received = ByteBuffer.allocate(data.length);
                while (received.hasRemaining()) { // nothing, until the transfer waits for this peer
                    runningLoop().sockRecvInto(to.peer().socket(), received);
                }
                assertThat(received.array()).isEqualTo(data);
                assertThat(await(transfer)).isEqualTo(data.length);
                assertThat(from.reader().transferTo(to.writer())).isZero();
                assertThat(runningLoop().sockRecv(to.peer().socket(), 1)).isEmpty();
                await(sender);
            }
        });
    }

    @Test
    void cancellingTransferToLosesNothing() throws Exception {
        run(() -> {
            try (Streamed from = open(DEFAULTS);
                    Streamed to = open(DEFAULTS)) {
                byte[] data = random(10, 20_000_000);
                Task<Void> sender = createTask(() -> {
                    from.peer().send(data);
                    from.peer().sendEnd();
                });
                Task<Long> first = createTask(() -> from.reader().transferTo(to.writer()));
                Until.holds(
                        "it waits for the slow peer",
                        () -> to.connection().transport().getWriteBufferSize() > 0);
                first.cancel();
                assertThatThrownBy(() -> await(first)).isInstanceOf(CancelledError.class);
                Task<Long> second = createTask(() -> from.reader().transferTo(to.writer()));
                ByteBuffer received = ByteBuffer.allocate(data.length);
                while (received.hasRemaining()) {
                    runningLoop().sockRecvInto(to.peer().socket(), received);
                }
                assertThat(received.array()).isEqualTo(data);
                assertThat(await(second)).isPositive().isLessThan(data.length);
                await(sender);
            }
        });
    }

    @Test
    void transferToSaysThatTheWritersPeerIsGone() throws Exception {
        run(() -> {
            try (Streamed from = open(DEFAULTS);
                    Streamed to = open(DEFAULTS)) {
                Task<Long> transfer = createTask(() -> from.reader().transferTo(to.writer()));
                to.connection().abort();
                from.peer().send("for nobody");
                assertThatThrownBy(() -> await(transfer))
                        .isInstanceOf(ConnectionLostException.class)
                        .hasMessageStartingWith("cannot write to");
            }
        });
    }

    // -- separators -----------------------------------------------------------------------------------------------

    @Test
    void readUntilReturnsTheSeparatorToo() throws Exception {
        run(() -> {
            try (Streamed s = open(DEFAULTS)) {
                s.peer().send("one;two;;three");
                byte[] separator = {';'};
                assertThat(text(s.reader().readUntil(separator))).isEqualTo("one;");
                assertThat(text(s.reader().readUntil(separator))).isEqualTo("two;");
                assertThat(text(s.reader().readUntil(separator))).isEqualTo(";");
                s.peer().sendEnd();
                assertThatThrownBy(() -> s.reader().readUntil(separator))
                        .isInstanceOfSatisfying(IncompleteReadException.class, e -> {
                            assertThat(text(e.partial())).isEqualTo("three");
                            assertThat(e.expected()).isEqualTo(-1);
                            assertThat(e).hasMessage("the stream ended after 5 bytes, before a separator came");
                        });
                assertThatThrownBy(() -> s.reader().readUntil(new byte[0]))
                        .isInstanceOf(IllegalArgumentException.class);
                assertThatThrownBy(() -> s.reader().readUntil(List.of(), 10))
                        .isInstanceOf(IllegalArgumentException.class);
            }
        });
    }

    @Test
    void aSeparatorMayComeInPieces() throws Exception {
        run(() -> {
            try (Streamed s = open(DEFAULTS)) {
                byte[] separator = "aab\r\n".getBytes();
                String message = "aaaab\raab\raaab\r\n";
                for (int i = 0; i < 20; i++) {
                    Task<byte[]> reader = createTask(() -> s.reader().readUntil(separator));
                    for (char c : message.toCharArray()) {
                        s.peer().send(String.valueOf(c));
                        Until.settled();
                    }
                    assertThat(text(await(reader))).isEqualTo(message);
                }
            }
        });
    }

    @Test
    void ofSeveralSeparatorsTheOneThatIsCompleteFirstCounts() throws Exception {
        run(() -> {
            try (Streamed s = open(DEFAULTS)) {
                List<byte[]> separators = List.of("\r\n".getBytes(), "\n".getBytes(), "END".getBytes());
                s.peer().send("a\nb\r\ncENDd\n");
                for (String expected : List.of("a\n", "b\r\n", "cEND", "d\n")) {
                    assertThat(text(s.reader().readUntil(separators, 100))).isEqualTo(expected);
                }
            }
        });
    }

    @Test
    void overTheLimitNothingIsTaken() throws Exception {
        run(() -> {
            try (Streamed s = open(DEFAULTS.withLimit(3))) {
                s.peer().send("12345\nab");
                for (int i = 0; i < 2; i++) {
                    assertThatThrownBy(() -> s.reader().readUntil("\n".getBytes()))
                            .isInstanceOfSatisfying(LimitOverrunException.class, e -> {
                                assertThat(e.consumed()).isEqualTo(5);
                                assertThat(e.getMessage())
                                        .contains("5 bytes", "the limit of 3", "nothing was taken", "/127.0.0.1:");
                            });
                    assertThatThrownBy(() -> s.reader().readLine()).isInstanceOf(LimitOverrunException.class);
                }
                assertThat(s.reader().readLine(5)).isEqualTo("12345");
                s.peer().send("c\n");
                assertThat(s.reader().readLine()).as("exactly the limit").isEqualTo("abc");
            }
        });
    }

    @Test
    void aLineThatIsTooLongCanBeSkipped() throws Exception {
        run(() -> {
            try (Streamed s = open(DEFAULTS.withLimit(100))) {
                String tooLong = "x".repeat(200_000);
                Task<Void> sender = createTask(() -> s.peer().send(tooLong + "\nnext\n"));
                int skipped = 0;
                while (skipped < tooLong.length()) {
                    try {
                        s.reader().readLine();
                        break;
                    } catch (LimitOverrunException e) {
                        skipped += s.reader().readExactly(e.consumed()).length;
                    }
                }
                assertThat(skipped).isLessThanOrEqualTo(tooLong.length());
                if (skipped == tooLong.length()) {
                    assertThat(s.reader().readLine()).isEmpty();
                }
                assertThat(s.reader().readLine()).isEqualTo("next");
                await(sender);
            }
        });
    }

    @Test
    void aPeerThatNeverEndsItsLineIsStoppedAtTheLimit() throws Exception {
        run(() -> {
            try (Streamed s = open(DEFAULTS)) {
                Task<Void> sender = createTask(() -> {
                    while (true) {
                        s.peer().send(new byte[100_000]);
                    }
                });
                assertThatThrownBy(() -> s.reader().readLine())
                        .isInstanceOfSatisfying(
                                LimitOverrunException.class,
                                e -> assertThat(e.consumed()).isBetween(65_537, 4 * 65_536));
                sender.cancel();
            }
        });
    }

    // -- lines ----------------------------------------------------------------------------------------------------

    @Test
    void aLineComesWithoutItsEnd() throws Exception {
        run(() -> {
            try (Streamed s = open(DEFAULTS)) {
                s.peer().send("unix\nnetwork\r\n\n\r\nold\rmac\n\r\r\nGrüße\nlast");
                s.peer().sendEnd();
                for (String line : List.of("unix", "network", "", "", "old\rmac", "\r", "Grüße", "last")) {
                    assertThat(s.reader().readLine()).isEqualTo(line);
                }
                assertThat(s.reader().readLine()).isNull();
                assertThat(s.reader().readLine()).isNull();
            }
        });
    }

    @Test
    void linesAreInTheCharsetOfTheOptions() throws Exception {
        run(() -> {
            try (Streamed s = open(DEFAULTS.withCharset(ISO_8859_1))) {
                s.peer().send(new byte[] {'G', 'r', (byte) 0xfc, (byte) 0xdf, 'e', '\n'});
                assertThat(s.reader().readLine()).isEqualTo("Grüße");
                s.writer().write("Grüße");
                assertThat(s.peer().receiveBytes(5)).isEqualTo("Grüße".getBytes(ISO_8859_1));
            }
            try (Streamed s = open(DEFAULTS)) {
                s.peer().send(new byte[] {'a', (byte) 0xff, 'b', '\n'});
                assertThat(s.reader().readLine()).isEqualTo("a\ufffdb");
            }
        });
    }

    @Test
    void linesAreAForLoop() throws Exception {
        run(() -> {
            try (Streamed s = open(DEFAULTS)) {
                Task<List<String>> reader = createTask(() -> {
                    List<String> lines = new ArrayList<>();
                    for (String line : s.reader().lines()) {
                        lines.add(line);
                        if (line.equals("stop")) {
                            break;
                        }
                    }
                    return lines;
                });
                for (String piece : List.of("on", "e\ntw", "o\nstop\n", "rest\nend")) {
                    Until.settled();
                    s.peer().send(piece);
                }
                assertThat(await(reader)).containsExactly("one", "two", "stop");
                s.peer().sendEnd();
                assertThat(s.reader().lines()).containsExactly("rest", "end");
                assertThatThrownBy(() -> s.reader().lines().iterator().next())
                        .isInstanceOf(NoSuchElementException.class);
            }
        });
    }

    @Test
    void whatEndsALoopOverLinesCanBeCaughtRoundIt() throws Exception {
        run(() -> {
            try (Streamed s = open(DEFAULTS.withLimit(5))) {
                s.peer().send("short\ntoo long\n");
                List<String> lines = new ArrayList<>();
                try {
                    for (String line : s.reader().lines()) {
                        lines.add(line);
                    }
                    throw new AssertionError("the loop has ended");
                } catch (IOException e) { // compiles, because lines() declares it
                    assertThat(e).isInstanceOf(LimitOverrunException.class);
                }
                assertThat(lines).containsExactly("short");
            }
        });
    }

    // -- suspending -----------------------------------------------------------------------------------------------

    @Test
    void whatIsBufferedIsReadWithoutSuspending() throws Exception {
        run(() -> {
            try (Streamed s = open(DEFAULTS)) {
                buffer(s, "line\nabcdefghijkl");
                boolean[] others = {false};
                runningLoop().callSoon(() -> others[0] = true);
                assertThat(s.reader().readLine()).isEqualTo("line");
                assertThat(s.reader().readExactly(2)).hasSize(2);
                assertThat(s.reader().read(2)).hasSize(2);
                assertThat(s.reader().read(ByteBuffer.allocate(2))).isEqualTo(2);
                assertThat(s.reader().readUntil("h".getBytes())).hasSize(2);
                assertThat(s.reader().asInputStream().readNBytes(2)).hasSize(2);
                assertThat(others[0]).isFalse();
            }
        });
    }

    @Test
    void aPeerThatNeverStopsDoesNotKeepTheOthersFromRunning() throws Exception {
        run(() -> {
            try (Streamed s = open(DEFAULTS)) {
                Task<Void> sender = createTask(() -> {
                    while (true) {
                        s.peer().send(new byte[1_000_000]);
                    }
                });
                int[] rounds = {0};
                Task<Void> other = createTask(() -> {
                    while (true) {
                        rounds[0]++;
                        sleep(Duration.ZERO);
                    }
                });
                ByteBuffer buffer = ByteBuffer.allocateDirect(100_000);
                for (int i = 0; i < 300; i++) {
                    s.reader().read(buffer.clear());
                }
                assertThat(rounds[0]).isGreaterThan(15);
                sender.cancel();
                other.cancel();
            }
        });
    }

    @Test
    void twoTasksCannotReadAtTheSameTime() throws Exception {
        run(() -> {
            try (Streamed s = open(DEFAULTS)) {
                Task<String> first = createTask(() -> s.reader().readLine());
                first.setName("first");
                s.peer().send("half a li");
                Until.settled();
                assertThat(s.reader().toString()).contains("first reads");
                assertThatThrownBy(() -> s.reader().read(1))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageMatching("first reads from /127.0.0.1:\\d+ already; Task-1 cannot do so at the same"
                                + " time, because nobody could tell who gets what");
                assertThatThrownBy(() -> s.reader().readExactly(1)).isInstanceOf(IllegalStateException.class);
                assertThatThrownBy(() -> s.reader().readLine()).isInstanceOf(IllegalStateException.class);
                s.peer().send("ne\n");
                assertThat(await(first)).isEqualTo("half a line");
                s.peer().send("mine\n");
                assertThat(s.reader().readLine()).isEqualTo("mine");
            }
        });
    }

    @Test
    void aTaskThatWasWokenButHasNotRunYetStillReads() throws Exception {
        run(() -> {
            try (Streamed s = open(DEFAULTS)) {
                // Both are ready in the same iteration; the second must not get what the first was woken for.
                for (int i = 0; i < 50; i++) {
                    Task<String> first = createTask(() -> s.reader().readLine());
                    Until.settled();
                    s.peer().send("line\n");
                    while (!first.done()) {
                        assertThatThrownBy(() -> s.reader().read(1)).isInstanceOf(IllegalStateException.class);
                        sleep(Duration.ZERO);
                    }
                    assertThat(await(first)).isEqualTo("line");
                }
            }
        });
    }

    @Test
    void readingNeedsATask() throws Exception {
        run(() -> {
            try (Streamed s = open(DEFAULTS)) {
                buffer(s, "abc");
                List<Throwable> thrown = new ArrayList<>();
                runningLoop().callSoon(() -> {
                    try {
                        s.reader().read(1);
                    } catch (IllegalStateException | IOException e) {
                        thrown.add(e);
                    }
                });
                Until.settled();
                assertThat(thrown).hasSize(1);
                assertThat(thrown.getFirst())
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("read suspends, so it needs a task");
                assertThat(text(s.reader().read(3))).isEqualTo("abc");
            }
        });
    }

    // -- cancelling -----------------------------------------------------------------------------------------------

    @Test
    void cancellingAReadLosesNoByte() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        run(() -> {
            try (Streamed s = open(DEFAULTS.withLimit(1000))) {
                byte[] data = random(seed, 400_000);
                Task<Void> sender = createTask(() -> {
                    Random pauses = new Random(seed + 1);
                    for (int at = 0, size; at < data.length; at += size) {
                        size = Math.min(1 + pauses.nextInt(3000), data.length - at);
                        s.peer().send(Arrays.copyOfRange(data, at, at + size));
                        sleep(pauses.nextInt(3) == 0 ? Duration.ofNanos(pauses.nextInt(300_000)) : Duration.ZERO);
                    }
                    s.peer().sendEnd();
                });
                ByteArrayOutputStream received = new ByteArrayOutputStream();
                int cancelled = 0;
                while (!s.reader().atEof()) {
                    Task<Void> reader = createTask(() -> readSomehow(s.reader(), random, received));
                    for (int turns = random.nextInt(4); turns > 0; turns--) {
                        sleep(Duration.ZERO);
                    }
                    if (random.nextBoolean()) {
                        reader.cancel();
                    }
                    try {
                        await(reader);
                    } catch (CancelledError e) {
                        cancelled++;
                    }
                }
                assertThat(received.toByteArray()).as("seed " + seed).isEqualTo(data);
                assertThat(cancelled).as("seed " + seed).isPositive();
                await(sender);
            }
        });
    }

    @Suspends
    private static void readSomehow(StreamReader reader, Random random, ByteArrayOutputStream received)
            throws IOException {
        try {
            switch (random.nextInt(6)) {
                case 0 -> received.writeBytes(reader.read(1 + random.nextInt(5000)));
                case 1 -> received.writeBytes(reader.readExactly(random.nextInt(5000)));
                case 2 -> received.writeBytes(reader.readUntil(new byte[] {(byte) random.nextInt()}));
                case 3 ->
                    received.writeBytes(
                            reader.readUntil(List.of(new byte[] {7}, new byte[] {1, 2}), 1 + random.nextInt(500)));
                case 4 -> {
                    ByteBuffer buffer = random.nextBoolean() ? ByteBuffer.allocate(3000) : ByteBuffer.allocateDirect(9);
                    try {
                        reader.read(buffer);
                    } finally {
                        byte[] bytes = new byte[buffer.flip().remaining()];
                        buffer.get(bytes);
                        received.writeBytes(bytes);
                    }
                }
                default -> {
                    byte[] bytes = new byte[1 + random.nextInt(2000)];
                    int count = reader.asInputStream().read(bytes);
                    received.write(bytes, 0, Math.max(0, count));
                }
            }
        } catch (IncompleteReadException e) {
            received.writeBytes(e.partial());
        } catch (LimitOverrunException e) {
            received.writeBytes(reader.readExactly(e.consumed()));
        }
    }

    @Test
    void aCancelWhileDataIsThereLeavesItThere() throws Exception {
        run(() -> {
            try (Streamed s = open(DEFAULTS)) {
                Task<byte[]> reader = createTask(() -> s.reader().read(100));
                Until.settled();
                s.peer().send("here");
                // The loop sees the data in the next iteration, and the cancel comes in that one.
                sleep(Duration.ZERO);
                reader.cancel("no");
                try {
                    assertThat(text(await(reader))).isEqualTo("here");
                } catch (CancelledError e) {
                    assertThat(e).hasMessage("no");
                    assertThat(text(s.reader().read(100))).isEqualTo("here");
                }
            }
        });
    }

    // -- the end of the connection --------------------------------------------------------------------------------

    @Test
    void whatCameBeforeAResetCanBeReadAndThenTheReaderSaysSo() throws Exception {
        run(() -> {
            try (Streamed s = open(DEFAULTS)) {
                buffer(s, "abc");
                s.peer().reset();
                Until.settled();
                assertThat(text(s.reader().read(2))).isEqualTo("ab");
                assertThatThrownBy(() -> s.reader().readExactly(2))
                        .isInstanceOf(ConnectionLostException.class)
                        .hasMessageContaining("cannot read from /127.0.0.1:")
                        .hasMessageContaining("Connection reset")
                        .hasCauseInstanceOf(IOException.class);
                assertThat(text(s.reader().read(2))).isEqualTo("c");
                for (int i = 0; i < 2; i++) {
                    assertThatThrownBy(() -> s.reader().read(2)).isInstanceOf(ConnectionLostException.class);
                    assertThatThrownBy(() -> s.reader().read(ByteBuffer.allocate(1)))
                            .isInstanceOf(ConnectionLostException.class);
                    assertThatThrownBy(() -> s.reader().readLine()).isInstanceOf(ConnectionLostException.class);
                    assertThatThrownBy(() -> s.reader().readToEnd()).isInstanceOf(ConnectionLostException.class);
                    assertThatThrownBy(() -> s.reader().lines().iterator().hasNext())
                            .isInstanceOf(ConnectionLostException.class);
                }
            }
        });
    }

    @Test
    void aResetWakesTheReader() throws Exception {
        run(() -> {
            try (Streamed s = open(DEFAULTS)) {
                Task<byte[]> reader = createTask(() -> s.reader().readExactly(10));
                s.peer().send("abc");
                Until.settled();
                s.peer().reset();
                assertThatThrownBy(() -> await(reader)).isInstanceOf(ConnectionLostException.class);
                assertThat(text(s.reader().read(10))).isEqualTo("abc");
                assertThatThrownBy(() -> s.writer().waitClosed()).isInstanceOf(ConnectionLostException.class);
            }
        });
    }

    @Test
    void closingOnThisSideWakesTheReader() throws Exception {
        run(() -> {
            for (boolean abort : new boolean[] {false, true}) {
                try (Streamed s = open(DEFAULTS)) {
                    Task<String> reader = createTask(() -> s.reader().readLine());
                    s.peer().send("half");
                    Until.settled();
                    if (abort) {
                        s.connection().abort();
                    } else {
                        s.connection().close();
                    }
                    assertThatThrownBy(() -> await(reader))
                            .isInstanceOf(ConnectionLostException.class)
                            .hasMessageContaining("the connection is closed");
                    assertThat(text(s.reader().read(10))).isEqualTo("half");
                    assertThatThrownBy(() -> s.reader().read(10)).isInstanceOf(ConnectionLostException.class);
                    s.writer().waitClosed();
                }
            }
        });
    }
}
