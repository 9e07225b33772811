package dev.tulip.streams;

import dev.tulip.loop.Suspends;
import java.io.IOException;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/** The lines that a reader reads, for one loop. */
final class Lines implements Iterator<String> {
    private final StreamReader reader;

    // loop thread only
    private @Nullable String line; // read, and not given yet
    private boolean ended;

    Lines(StreamReader reader) {
        this.reader = reader;
    }

    @Override
    @Suspends
    public boolean hasNext() {
        if (line == null && !ended) {
            try {
                line = reader.readLine(reader.limit());
            } catch (IOException e) {
                throw Lines.<RuntimeException>undeclared(e); // StreamReader.lines() declares it
            }
            ended = line == null;
        }
        return line != null;
    }

    @Override
    @Suspends
    public String next() {
        String next = hasNext() ? line : null;
        if (next == null) {
            throw new NoSuchElementException("the stream has ended");
        }
        line = null;
        return next;
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // the point of this method
    private static <X extends Throwable> X undeclared(IOException exception) throws X {
        throw (X) exception;
    }
}
