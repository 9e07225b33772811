package dev.tulip.loop;

/** Throws checked exceptions where the compiler sees none: a future's failure reaches whoever awaits it unwrapped. */
final class Sneaky {
    private Sneaky() {}

    /** Throws {@code failure}. Declared to return something, so that callers can write {@code throw rethrow(e)}. */
    static RuntimeException rethrow(Throwable failure) {
        throw Sneaky.<RuntimeException>as(failure);
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // the point of this class
    private static <X extends Throwable> X as(Throwable failure) throws X {
        throw (X) failure;
    }
}
