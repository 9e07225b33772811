package dev.tulip.loop;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;
import java.lang.reflect.Constructor;
import java.lang.reflect.InaccessibleObjectException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Reaches into the JDK: virtual threads with a scheduler of our own, which Java offers no public
 * way to make. Chooses the engine, once per process, by trying it.
 */
final class VirtualThreads {
    /*
     * What is used, on JDK 21 to 25 and its successors as known today, and needs
     *     --add-opens java.base/java.lang=ALL-UNNAMED    (or =dev.tulip on the module path)
     *
     *   ThreadBuilders.VirtualThreadBuilder(Executor)    a builder whose threads run on that executor; package-private,
     *                                                    "invoked by tests"
     *   VirtualThread.scheduler                          that executor: leads from a thread to its fiber in two loads
     *   Thread.currentCarrierThread()                    the thread underneath; 0.15 ns
     *   Thread.scopedValueBindings                       the ScopedValues that are bound in a thread: given to child
     *                                                    tasks; the engine can do without
     *
     * The fields are static and final so that the compiler sees through the handles.
     */

    /** The system property that forces an engine. */
    private static final String PROPERTY = "tulip.engine";

    static final Engine ENGINE;

    /** Whether the mounted engine runs. Code that asks is compiled for one engine only. */
    static final boolean MOUNTED;

    private static final @Nullable String FORCED_BUT_MISSING;
    private static final MethodHandle NEW_BUILDER;
    private static final MethodHandle SCHEDULER;
    private static final MethodHandle CURRENT_CARRIER;
    private static final @Nullable ScopedValues SCOPED_VALUES;

    static {
        Probe probe = new Probe();
        Threads.join(Threads.daemon("tulip-probe", probe));
        String forced = System.getProperty(PROPERTY, "");
        MOUNTED = probe.failure == null && !forced.equals(Engine.HANDOFF);
        NEW_BUILDER = probe.newBuilder;
        SCHEDULER = probe.scheduler;
        CURRENT_CARRIER = probe.currentCarrier;
        SCOPED_VALUES = MOUNTED ? ScopedValues.find() : null;
        ENGINE = new Engine(MOUNTED ? Engine.MOUNTED : Engine.HANDOFF, reason(forced, probe.failure));
        FORCED_BUT_MISSING = problem(forced, probe.failure);
        if (!MOUNTED && forced.isEmpty()) {
            Log.info("Tulip runs on its fallback engine, which is slower: " + ENGINE.reason());
        }
    }

    private VirtualThreads() {}

    private static String reason(String forced, @Nullable String failure) {
        if (forced.equals(Engine.HANDOFF)) {
            return "the system property " + PROPERTY + " asks for it";
        }
        if (failure == null) {
            return "the JDK gives access to the scheduler of virtual threads, and a test of it passed";
        }
        return failure + "; to get the fast engine, start java with --add-opens java.base/java.lang=" + opensTo();
    }

    private static @Nullable String problem(String forced, @Nullable String failure) {
        if (forced.equals(Engine.MOUNTED) && failure != null) {
            return "the system property " + PROPERTY + " asks for the mounted engine, but " + failure
                    + "; start java with --add-opens java.base/java.lang=" + opensTo();
        }
        if (!forced.isEmpty() && !forced.equals(Engine.MOUNTED) && !forced.equals(Engine.HANDOFF)) {
            return "the system property " + PROPERTY + " is '" + forced + "'; it may be " + Engine.MOUNTED + " or "
                    + Engine.HANDOFF;
        }
        return null;
    }

    private static String opensTo() {
        String module = VirtualThreads.class.getModule().getName();
        return module == null ? "ALL-UNNAMED" : module;
    }

    /** Throws {@link IllegalStateException} if the process was told to use an engine that does not work. */
    static void checkEngine() {
        if (FORCED_BUT_MISSING != null) {
            throw new IllegalStateException(FORCED_BUT_MISSING);
        }
    }

    /** {@return a virtual thread that {@code scheduler} decides about} Mounted engine only. */
    static Thread unstarted(Executor scheduler, String name, Runnable body) {
        try {
            Thread.Builder.OfVirtual builder = (Thread.Builder.OfVirtual) NEW_BUILDER.invokeExact(scheduler);
            if (!name.isEmpty()) {
                builder.name(name);
            }
            return builder.unstarted(body);
        } catch (Throwable e) {
            throw Sneaky.rethrow(e);
        }
    }

    /** {@return what decides when the virtual thread {@code thread} runs} Mounted engine only. */
    static Object schedulerOf(Thread thread) {
        try {
            return (Object) SCHEDULER.invokeExact(thread);
        } catch (Throwable e) {
            throw Sneaky.rethrow(e);
        }
    }

    /** {@return the platform thread that the caller runs on} Mounted engine only. */
    static Thread currentCarrier() {
        try {
            return (Thread) CURRENT_CARRIER.invokeExact();
        } catch (Throwable e) {
            throw Sneaky.rethrow(e);
        }
    }

    /**
     * Binds in {@code thread}, which is not started yet, the {@link ScopedValue}s that are bound where this is called.
     * Mounted engine only; without access to them nothing happens.
     */
    static void inheritScopedValues(Thread thread) {
        ScopedValues scopedValues = SCOPED_VALUES;
        if (scopedValues != null) {
            scopedValues.inherit(thread);
        }
    }

    /** The bindings of ScopedValues. They never change, so threads may share them. */
    private record ScopedValues(VarHandle ofThread, Object ofNewThread, MethodHandle ofCaller) {
        static @Nullable ScopedValues find() {
            try {
                MethodHandles.Lookup lookup = MethodHandles.lookup();
                VarHandle ofThread = MethodHandles.privateLookupIn(Thread.class, lookup)
                        .findVarHandle(Thread.class, "scopedValueBindings", Object.class);
                Object ofNewThread = ofThread.get(Thread.ofPlatform().unstarted(() -> {}));
                MethodHandle ofCaller = MethodHandles.privateLookupIn(ScopedValue.class, lookup)
                        .unreflect(ScopedValue.class.getDeclaredMethod("scopedValueBindings"))
                        .asType(MethodType.methodType(Object.class));
                return new ScopedValues(ofThread, ofNewThread, ofCaller);
            } catch (ReflectiveOperationException e) {
                return null; // another JDK: child tasks then see no ScopedValues, as on the fallback
            }
        }

        void inherit(Thread thread) {
            if (ofThread.get(Thread.currentThread()) != ofNewThread) {
                try {
                    ofThread.set(thread, (Object) ofCaller.invokeExact());
                } catch (Throwable e) {
                    throw Sneaky.rethrow(e);
                }
            }
        }
    }

    /**
     * Tries what the mounted engine needs. Runs on a platform thread of its own, for two reasons: only such a
     * thread can mount, and the JDK's I/O pollers, which it starts, must not come to belong to a loop.
     *
     * <p>A class by itself, and not a lambda: the initialiser of the outer class waits for it.
     */
    private static final class Probe implements Runnable {
        private static final MethodHandle MISSING = MethodHandles.throwException(Object.class, AssertionError.class);

        private MethodHandle newBuilder = MISSING;
        private MethodHandle scheduler = MISSING;
        private MethodHandle currentCarrier = MISSING;
        private @Nullable String failure;

        @Override
        public void run() {
            startPollers();
            try {
                findHandles();
                failure = tryOut();
            } catch (Throwable e) {
                failure = e instanceof InaccessibleObjectException
                        ? "java.base does not open java.lang to Tulip"
                        : "this JDK has not what it needs: " + e;
            }
        }

        /**
         * The first virtual thread that waits for a socket starts the JDK's pollers, for the whole process, as
         * threads of the same scheduler: ours, if it is one of our tasks. Then a busy loop would stop everybody's
         * sockets (P2).
         */
        private static void startPollers() {
            try {
                Class.forName("sun.nio.ch.Poller");
            } catch (ClassNotFoundException | LinkageError e) {
                // Another JDK, with other pollers: it is on its own there, as are we.
            }
        }

        private void findHandles() throws ReflectiveOperationException {
            Class<?> builderClass = Class.forName("java.lang.ThreadBuilders$VirtualThreadBuilder");
            Constructor<?> constructor = builderClass.getDeclaredConstructor(Executor.class);
            constructor.setAccessible(true);
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            newBuilder = lookup.unreflectConstructor(constructor)
                    .asType(MethodType.methodType(Thread.Builder.OfVirtual.class, Executor.class));
            Class<?> threadClass = Class.forName("java.lang.VirtualThread");
            scheduler = MethodHandles.privateLookupIn(threadClass, lookup)
                    .findGetter(threadClass, "scheduler", Executor.class)
                    .asType(MethodType.methodType(Object.class, Thread.class));
            currentCarrier = MethodHandles.privateLookupIn(Thread.class, lookup)
                    .findStatic(Thread.class, "currentCarrierThread", MethodType.methodType(Thread.class));
        }

        /** {@return what the engine needs and this JDK does not do, or null} */
        private @Nullable String tryOut() throws Throwable {
            Deque<Runnable> submitted = new ArrayDeque<>();
            Executor executor = submitted::add;
            Thread.Builder.OfVirtual builder = (Thread.Builder.OfVirtual) newBuilder.invokeExact(executor);
            @Nullable Thread[] carriers = new @Nullable Thread[2];
            Thread thread = builder.unstarted(() -> {
                carriers[0] = carrierOrNull();
                Thread.yield();
                carriers[1] = carrierOrNull();
            });
            thread.start();
            Runnable first = submitted.poll();
            if (first == null || !submitted.isEmpty()) {
                return "this JDK does not submit a virtual thread to its scheduler when it is started";
            }
            if ((Object) scheduler.invokeExact(thread) != executor) {
                return "this JDK does not keep the scheduler of a virtual thread";
            }
            first.run();
            Runnable second = submitted.poll();
            if (second != first) {
                return "this JDK does not submit the same continuation each time";
            }
            second.run();
            if (thread.isAlive() || carriers[0] != Thread.currentThread() || carriers[1] != Thread.currentThread()) {
                return "this JDK does not run a virtual thread on the thread that continues it";
            }
            return null;
        }

        private @Nullable Thread carrierOrNull() {
            try {
                return (Thread) currentCarrier.invokeExact();
            } catch (Throwable e) {
                return null;
            }
        }
    }
}
