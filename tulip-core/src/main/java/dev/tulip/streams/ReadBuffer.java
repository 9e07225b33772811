package dev.tulip.streams;

import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.util.Arrays;

/** What has come and was not taken yet. Memory only for what is in it. Loop thread only. */
final class ReadBuffer {
    private static final byte[] NOTHING = new byte[0];

    // loop thread only: what is here is from start to end
    private byte[] bytes = NOTHING;
    private int start;
    private int end;

    int size() {
        return end - start;
    }

    boolean isEmpty() {
        return start == end;
    }

    /**
     * Moves all that remains in {@code data} to the end.
     *
     * @param wanted how many bytes there will be in the end; if that is known, no more memory is taken; else 0
     */
    void append(ByteBuffer data, int wanted) {
        int count = data.remaining();
        makeRoom(count, wanted);
        data.get(bytes, end, count);
        end += count;
    }

    private void makeRoom(int count, int wanted) {
        if (count <= bytes.length - end) {
            return;
        }
        int size = size();
        int needed = Math.addExact(size, count);
        if (needed <= bytes.length / 2) { // most of it is free, in front
            System.arraycopy(bytes, start, bytes, 0, size);
        } else {
            int doubled = (int) Math.min(Math.max(2L * size, Defaults.LEAST_BUFFER), Integer.MAX_VALUE - 8);
            int capacity = wanted >= needed ? Math.min(doubled, wanted) : doubled;
            byte[] larger = new byte[Math.max(needed, capacity)];
            System.arraycopy(bytes, start, larger, 0, size);
            bytes = larger;
        }
        start = 0;
        end = size;
    }

    /** {@return the first {@code count} bytes, which are taken} */
    byte[] take(int count) {
        byte[] taken;
        if (start == 0 && end == count && bytes.length == count) {
            taken = bytes;
            bytes = NOTHING; // so that skip() does not keep it
        } else {
            taken = Arrays.copyOfRange(bytes, start, start + count);
        }
        skip(count);
        return taken;
    }

    byte[] takeAll() {
        return take(size());
    }

    /** Takes as much as there is room for in {@code target}. {@return how much} */
    int takeInto(ByteBuffer target) {
        int count = Math.min(size(), target.remaining());
        target.put(bytes, start, count);
        skip(count);
        return count;
    }

    /** Takes as much as there is, at most {@code length} bytes. {@return how much} */
    int takeInto(byte[] target, int offset, int length) {
        int count = Math.min(size(), length);
        System.arraycopy(bytes, start, target, offset, count);
        skip(count);
        return count;
    }

    /** {@return the first {@code count} bytes as text; they stay} */
    String text(int count, Charset charset) {
        return new String(bytes, start, count, charset);
    }

    /** {@return the byte at {@code index}, which stays} */
    byte at(int index) {
        return bytes[start + index];
    }

    /** Takes {@code count} bytes. */
    void skip(int count) {
        start += count;
        if (start == end) {
            bytes = NOTHING;
            start = 0;
            end = 0;
        }
    }

    /** {@return where the first {@code wanted} is from {@code from} on; -1 if there is none} */
    int indexOf(byte wanted, int from) {
        for (int i = start + from; i < end; i++) {
            if (bytes[i] == wanted) {
                return i - start;
            }
        }
        return -1;
    }

    /** {@return where {@code separator} begins for the first time from {@code from} on; -1 if it does not} */
    int indexOf(byte[] separator, int from) {
        int last = size() - separator.length;
        for (int i = indexOf(separator[0], from); i >= 0 && i <= last; i = indexOf(separator[0], i + 1)) {
            int at = start + i;
            if (Arrays.equals(bytes, at, at + separator.length, separator, 0, separator.length)) {
                return i;
            }
        }
        return -1;
    }
}
