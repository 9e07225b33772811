package dev.tulip.net;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tulip.loop.EventLoop;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.GatheringByteChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class WriteBufferTest {
    /** Takes as many bytes as it is told to. */
    private static final class Sink implements GatheringByteChannel {
        private final ByteArrayOutputStream taken = new ByteArrayOutputStream();
        private int room;

        @Override
        public int write(ByteBuffer source) {
            byte[] some = new byte[Math.min(room, source.remaining())];
            source.get(some);
            taken.writeBytes(some);
            room -= some.length;
            return some.length;
        }

        @Override
        public long write(ByteBuffer[] sources, int offset, int length) {
            long sum = 0;
            for (int i = offset; i < offset + length; i++) {
                sum += write(sources[i]);
            }
            return sum;
        }

        @Override
        public long write(ByteBuffer[] sources) {
            return write(sources, 0, sources.length);
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {}
    }

    @Test
    void whatGoesInComesOutInOrderHoweverLittleIsTaken() throws IOException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        try (EventLoop loop = EventLoop.create()) {
            for (int round = 0; round < 30; round++) {
                WriteBuffer buffer = new WriteBuffer(LoopResources.of(loop));
                ByteArrayOutputStream expected = new ByteArrayOutputStream();
                Sink sink = new Sink();
                for (int i = 0; i < 200; i++) {
                    byte[] data = new byte[random.nextInt(i % 10 == 0 ? 300_000 : 2_000)];
                    random.nextBytes(data);
                    expected.writeBytes(data);
                    buffer.append(random.nextBoolean() ? ByteBuffer.wrap(data) : direct(data));
                    sink.room = random.nextInt(random.nextInt(4) == 0 ? 400_000 : 3_000);
                    if (!buffer.isEmpty()) {
                        buffer.sendTo(sink);
                    }
                    assertThat(buffer.size()).as("seed " + seed).isEqualTo(expected.size() - sink.taken.size());
                }
                while (!buffer.isEmpty()) {
                    sink.room = 1 + random.nextInt(1_000_000);
                    buffer.sendTo(sink);
                }
                assertThat(Arrays.equals(sink.taken.toByteArray(), expected.toByteArray()))
                        .as("seed " + seed)
                        .isTrue();
            }
        }
    }

    private static ByteBuffer direct(byte[] data) {
        return ByteBuffer.allocateDirect(data.length).put(data).flip();
    }

    @Test
    void itsMemoryComesFromThePoolAndGoesBack() throws IOException {
        try (EventLoop loop = EventLoop.create()) {
            LoopResources resources = LoopResources.of(loop);
            ByteBuffer little = resources.smallChunks.take();
            ByteBuffer much = resources.chunks.take();
            resources.smallChunks.give(little);
            resources.chunks.give(much);
            WriteBuffer buffer = new WriteBuffer(resources);
            buffer.append(ByteBuffer.allocate(10));
            assertThat(resources.smallChunks.take()).isNotSameAs(little);
            buffer.append(ByteBuffer.allocate(Defaults.SMALL_CHUNK_SIZE));
            assertThat(resources.chunks.take()).isNotSameAs(much);
            buffer.clear();
            assertThat(buffer.isEmpty()).isTrue();
            assertThat(resources.smallChunks.take()).isSameAs(little);
            assertThat(resources.chunks.take()).isSameAs(much);
        }
    }

    @Test
    void aPoolLendsFromTheHeapWhenItHasLentAllItKeeps() {
        BufferPool pool = new BufferPool(100, 2);
        List<ByteBuffer> lent = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            lent.add(pool.take());
        }
        assertThat(lent).map(ByteBuffer::isDirect).containsExactly(true, true, false, false);
        lent.getFirst().order(ByteOrder.LITTLE_ENDIAN).position(7).limit(9);
        lent.forEach(pool::give);
        for (int i = 0; i < 2; i++) {
            ByteBuffer again = pool.take();
            assertThat(lent.subList(0, 2)).anyMatch(buffer -> buffer == again);
            assertThat(again.remaining()).isEqualTo(100);
            assertThat(again.order()).isEqualTo(ByteOrder.BIG_ENDIAN);
        }
        assertThat(pool.take().isDirect()).isFalse();
    }
}
