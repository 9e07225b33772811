package dev.tulip.loop;

import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Words for messages and {@code toString}. */
final class Describe {
    private static final Set<String> LIBRARY =
            Set.of("dev.tulip", "dev.tulip.loop", "dev.tulip.net", "dev.tulip.streams", "dev.tulip.process");

    private static final int LONGEST_VALUE = 60;

    private Describe() {}

    /**
     * {@return the name of the class that a callback or coroutine was written in, and where it was created if
     * known}
     */
    static String callback(Object callback) {
        return switch (callback) {
            case Traced traced -> callback(traced.code()) + ", created at " + traced.place();
            case ActionCoroutine<?>(Action<?> action) -> callback(action);
            case Start<?> start -> callback(start.body());
            default -> className(callback.getClass());
        };
    }

    /** {@return {@code value} as a string short enough for a message, whatever its toString does} */
    static String shortened(@Nullable Object value) {
        String text;
        try {
            text = String.valueOf(value);
        } catch (RuntimeException e) {
            text = "an object whose toString() throws " + e.getClass().getName();
        }
        return text.length() <= LONGEST_VALUE ? text : text.substring(0, LONGEST_VALUE - 3) + "...";
    }

    /** {@return whether {@code frame} is in this library, not in code that uses it} */
    static boolean isOurs(StackTraceElement frame) {
        String name = frame.getClassName();
        int dot = name.lastIndexOf('.');
        return dot >= 0 && LIBRARY.contains(name.substring(0, dot));
    }

    /** {@return {@code things}, one on each line, with what they are doing} */
    static <T> String withStacks(Collection<T> things, Function<? super T, List<StackTraceElement>> stack) {
        return things.stream()
                .map(thing -> "\n  " + thing
                        + stack.apply(thing).stream()
                                .limit(Defaults.TRACE_DEPTH)
                                .map(frame -> "\n      at " + frame)
                                .collect(Collectors.joining()))
                .collect(Collectors.joining());
    }

    private static String className(Class<?> type) {
        // EchoServer$$Lambda/0x00007f3a1c001000 -> EchoServer$$Lambda: the rest changes from run to run
        String name = type.getName();
        int address = name.indexOf("/0x");
        return address < 0 ? name : name.substring(0, address);
    }
}
