package dev.tulip.loop;

import org.jspecify.annotations.Nullable;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/** The only file that uses {@code sun.misc}: signals of the operating system. */
final class Signals {
    private Signals() {}

    /** A signal handler that was installed, and what was there before. */
    interface Registration extends AutoCloseable {
        /** Does what would have happened without this registration. */
        void passOn();

        /** Puts back what was there before. */
        @Override
        void close();
    }

    /**
     * Calls {@code handler}, on a thread of the JDK, whenever the process gets SIGINT (Ctrl-C), in place of the
     * JVM, which would exit.
     *
     * @return null if that cannot be: the program has a handler of its own, or the JVM was told to leave signals alone
     */
    static @Nullable Registration onInterrupt(Runnable handler) {
        Signal signal;
        SignalHandler before;
        SignalHandler ours = caught -> handler.run();
        try {
            signal = new Signal("INT");
            before = Signal.handle(signal, ours);
        } catch (IllegalArgumentException e) {
            return null; // java -Xrs, or a system without this signal
        }
        if (!isJvms(before)) {
            Signal.handle(signal, before);
            return null;
        }
        return new Registration() {
            @Override
            public void passOn() {
                before.handle(signal);
            }

            @Override
            public void close() {
                SignalHandler now = Signal.handle(signal, before);
                if (now != ours) {
                    Signal.handle(signal, now); // somebody has replaced ours: it is his now, as in CPython
                }
            }
        };
    }

    private static boolean isJvms(SignalHandler handler) {
        // SIG_IGN: somebody upstairs, a shell with its background jobs, wants Ctrl-C to pass this process by.
        return handler != SignalHandler.SIG_IGN && handler.getClass().getName().startsWith("sun.misc.");
    }
}
