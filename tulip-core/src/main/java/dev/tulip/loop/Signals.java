package dev.tulip.loop;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/** The only file that uses {@code sun.misc}: signals of the operating system, and who gets them. Any thread. */
final class Signals {
    /*
     * A process has one handler for each signal. Ours is a Dispatcher, which gives the signal to the registration that
     * is the newest of those that are still there. So two loops, or a loop and a run, may come and go in any order, and
     * none puts back a handler of another one that is gone. When no registration is left, the handler that was there
     * before the first one is put back; unless somebody else has replaced ours: then it is his now, as in CPython.
     *
     * The lock is held for a few lines of our own code and the JDK's, and never while a handler is called.
     */

    /** The JVM leaves these alone if they were ignored when it was started: by nohup, or by a shell's background job. */
    private static final Set<String> LEFT_IGNORED = Set.of("HUP", "INT", "TERM");

    /** The JVM has its own use for these: it notices null pointers by them, for example. */
    private static final Set<String> FAULTS = Set.of("SEGV", "BUS", "FPE", "ILL");

    private Signals() {}

    /** Gets a signal, on a thread of the JDK that is there for this one. Must not throw. */
    @FunctionalInterface
    interface Handler {
        void caught(Registration registration);
    }

    /** A handler that is installed, until this is closed. */
    static final class Registration implements AutoCloseable {
        private final Dispatcher dispatcher;
        private final Handler handler;
        private final boolean ignored;

        private Registration(Dispatcher dispatcher, Handler handler, boolean ignored) {
            this.dispatcher = dispatcher;
            this.handler = handler;
            this.ignored = ignored;
        }

        /** {@return whether the signal is ignored in this process, so that the handler will never be called} */
        boolean isIgnored() {
            return ignored;
        }

        /** Does what would have happened without this registration. */
        void passOn() {
            dispatcher.passOn(this);
        }

        /** Ends this registration. Closing twice is harmless. */
        @Override
        public void close() {
            dispatcher.remove(this);
        }
    }

    /**
     * Has {@code handler} called whenever the process gets the signal, in place of whoever got it before.
     *
     * @param name as {@link #shortName} has it
     * @throws IllegalArgumentException if there is no such signal
     * @throws IllegalStateException if it is the JVM's or the system's
     * @throws UnsupportedOperationException if this Java runtime has no signals
     */
    static Registration install(String name, Handler handler) {
        try {
            return Objects.requireNonNull(Dispatcher.of(name).install(handler, /* ifJvms= */ false));
        } catch (NoClassDefFoundError e) {
            throw new UnsupportedOperationException(
                    "signals need the module jdk.unsupported, which this Java runtime was made without; make it with"
                            + " jlink --add-modules jdk.unsupported,...",
                    e);
        }
    }

    /**
     * Has {@code handler} called whenever the process gets the signal, in place of the JVM, which would exit.
     *
     * @return null if that cannot be: the program has a handler of its own, or the JVM was told to leave signals alone
     */
    static @Nullable Registration installInPlaceOfJvm(String name, Handler handler) {
        try {
            return Dispatcher.of(name).install(handler, /* ifJvms= */ true);
        } catch (IllegalArgumentException | IllegalStateException | NoClassDefFoundError e) {
            return null; // java -Xrs, or a system without this signal, or a runtime without the module
        }
    }

    /** {@return the name of {@code signal} without {@code SIG}, as the JDK wants it} */
    static String shortName(String signal) {
        return signal.startsWith("SIG") ? signal.substring("SIG".length()) : signal;
    }

    /** What stands at the JDK for one signal. Loaded at the first use: the JDK's classes may be missing. */
    private static final class Dispatcher implements SignalHandler {
        private static final Map<String, Dispatcher> ALL = new HashMap<>();

        private final Signal signal;

        // guarded by this
        private final List<Registration> registrations = new ArrayList<>(); // the newest last
        private SignalHandler before = SignalHandler.SIG_DFL; // who had it; meaningless without a registration

        private Dispatcher(Signal signal) {
            this.signal = signal;
        }

        static Dispatcher of(String name) {
            synchronized (ALL) {
                return ALL.computeIfAbsent(name, missing -> new Dispatcher(signal(missing)));
            }
        }

        private static Signal signal(String name) {
            try {
                return new Signal(name);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(
                        "no signal is called SIG" + name + " here; there are SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGWINCH"
                                + " and others, not all of them on every system",
                        e);
            }
        }

        synchronized @Nullable Registration install(Handler handler, boolean ifJvms) {
            if (FAULTS.contains(signal.getName())) {
                throw refusal(null);
            }
            if (ifJvms && !registrations.isEmpty()) {
                return null;
            }
            SignalHandler replaced;
            try {
                replaced = Signal.handle(signal, this);
            } catch (IllegalArgumentException e) {
                throw refusal(e);
            }
            if (ifJvms && !isJvms(replaced)) {
                Signal.handle(signal, replaced);
                return null;
            }
            if (replaced != this) {
                before = replaced;
            }
            boolean ignored = before == SignalHandler.SIG_IGN && LEFT_IGNORED.contains(signal.getName());
            Registration registration = new Registration(this, handler, ignored);
            registrations.add(registration);
            return registration;
        }

        private IllegalStateException refusal(@Nullable IllegalArgumentException cause) {
            String name = signal.getName();
            String reason = switch (name) {
                case "KILL" -> "no program can: it ends the process at once. SIGTERM asks first";
                case "STOP" -> "no program can: it stops the process at once. SIGTSTP asks first";
                case "QUIT" -> "it is the JVM's, which prints the stacks of all threads. Use SIGUSR1 or SIGTERM";
                case "HUP", "INT", "TERM" ->
                    "the JVM was started with -Xrs, which leaves it to the system. Start it without";
                default ->
                    FAULTS.contains(name)
                            ? "it is the JVM's, which finds errors in programs by it. Use SIGUSR1"
                            : "the JVM or the system has another use for it. Use SIGUSR1";
            };
            return new IllegalStateException(signal + " cannot be handled: " + reason, cause);
        }

        private static boolean isJvms(SignalHandler handler) {
            // SIG_IGN: somebody upstairs, a shell with its background jobs, wants Ctrl-C to pass this process by.
            return handler != SignalHandler.SIG_IGN
                    && handler.getClass().getName().startsWith("sun.misc.");
        }

        synchronized void remove(Registration registration) {
            if (registrations.remove(registration) && registrations.isEmpty()) {
                SignalHandler now = Signal.handle(signal, before);
                if (now != this) {
                    Signal.handle(signal, now);
                }
            }
        }

        @Override
        public void handle(Signal caught) {
            Registration newest;
            synchronized (this) {
                newest = registrations.isEmpty() ? null : registrations.getLast();
            }
            call(newest);
        }

        /** Calls who comes after {@code registration}; if that is gone, the newest. */
        void passOn(Registration registration) {
            Registration next;
            synchronized (this) {
                int index = registrations.indexOf(registration);
                int below = index < 0 ? registrations.size() - 1 : index - 1;
                next = below < 0 ? null : registrations.get(below);
            }
            call(next);
        }

        private void call(@Nullable Registration registration) {
            if (registration != null) {
                registration.handler.caught(registration);
                return;
            }
            try {
                before.handle(signal);
            } catch (UnsupportedOperationException e) {
                // the system's own way with the signal, which cannot be called: the signal came too late for us, and
                // too early for it
            }
        }
    }
}
