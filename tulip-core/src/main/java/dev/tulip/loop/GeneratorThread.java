package dev.tulip.loop;

import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** The virtual thread on which a generator's body runs, and how the body and whoever iterates take turns. */
abstract sealed class GeneratorThread {
    /*
     * Where the first value is asked for decides:
     *
     *   OnLoop        on a loop: a Fiber of it, which the asking fiber calls
     *   OnCaller      on a platform thread, mounted engine: that thread mounts it itself
     *   Baton         else: an ordinary virtual thread that runs while the asking one waits; ten times slower
     */

    /** Makes the thread that fits the caller; it runs nothing yet. */
    static GeneratorThread create(Runnable body) {
        Fiber fiber = Fiber.current();
        if (fiber != null) {
            return new OnLoop(fiber.loop, body);
        }
        boolean onCaller =
                VirtualThreads.MOUNTED && (!Thread.currentThread().isVirtual() || OnCaller.current() != null);
        return onCaller ? new OnCaller(body) : new Baton(body);
    }

    /** Lets the body run until it gives back or ends. By whoever iterates. */
    abstract void resume();

    /** Returns the turn to whoever iterates; returns when it comes back. By the body. */
    abstract void giveBack();

    /** {@return whether the body is calling} */
    abstract boolean isCurrent();

    /** Throws {@link IllegalStateException} if the caller cannot {@link #resume} this. */
    void checkCaller() {}

    /** {@return what closes the body once nobody has its generator any more, or null if nobody does} */
    Leftovers.@Nullable Leftover watch(Generator<?, ?, ?> generator, GeneratorBody<?, ?, ?> body) {
        return null;
    }

    // -- on a loop ------------------------------------------------------------------------------------------------

    private static final class OnLoop extends GeneratorThread {
        private final BaseEventLoop loop;
        private final Fiber fiber;

        OnLoop(BaseEventLoop loop, Runnable body) {
            this.loop = loop;
            this.fiber = Fiber.ofGenerator(loop, body);
        }

        @Override
        void resume() {
            Fiber caller = Fiber.current();
            if (caller != null) { // checkCaller() has seen it
                caller.call(fiber);
            }
        }

        @Override
        void giveBack() {
            fiber.giveBack();
        }

        @Override
        boolean isCurrent() {
            return Fiber.current() == fiber;
        }

        @Override
        void checkCaller() {
            Fiber caller = Fiber.current();
            if (caller == null || caller.loop != loop) {
                throw new IllegalStateException("this generator belongs to " + loop.name
                        + ", where its first value was asked for; iterate over it there");
            }
        }

        @Override
        Leftovers.Leftover watch(Generator<?, ?, ?> generator, GeneratorBody<?, ?, ?> body) {
            return new Abandoned(generator, loop, body);
        }
    }

    /** A body on a loop that stands in the middle. It is closed in a task, so that its clean-up may suspend. */
    private static final class Abandoned extends Leftovers.Leftover {
        private final BaseEventLoop loop;
        private final GeneratorBody<?, ?, ?> body;

        Abandoned(Generator<?, ?, ?> generator, BaseEventLoop loop, GeneratorBody<?, ?, ?> body) {
            super(generator, loop.generators);
            this.loop = loop;
            this.body = body;
        }

        @Override
        void abandoned() {
            if (loop.isClosing()) {
                close();
            } else {
                Task.start(loop, (Action<RuntimeException>) this::close, TaskOptions.named("closing a generator"));
            }
        }

        private void close() {
            Throwable failure = body.advance(null, new GeneratorExit()) ? Generator.ignoredExit() : body.failure();
            if (failure != null && !(failure instanceof GeneratorExit)) {
                loop.callExceptionHandler(new ExceptionContext(
                        "an error occurred while an abandoned generator was closed", failure, "generator", body));
            }
        }
    }

    // -- outside every loop ---------------------------------------------------------------------------------------

    /** What both kinds do: they give the body the context of whoever iterates. */
    private abstract static sealed class OffLoop extends GeneratorThread implements Runnable {
        private final Runnable body;

        // whoever has the turn
        private Object context = Context.NONE;

        OffLoop(Runnable body) {
            this.body = body;
        }

        abstract void passToBody();

        abstract void passBack();

        /** The body's turn is over for good. */
        abstract void end();

        @Override
        final void resume() {
            context = Context.raw();
            passToBody();
            Context.enter(context);
        }

        @Override
        final void giveBack() {
            context = Context.raw();
            passBack();
            Context.enter(context);
        }

        @Override
        public final void run() {
            Context.enter(context);
            body.run();
            context = Context.raw();
            end();
        }
    }

    /** A virtual thread that runs on the platform thread of whoever iterates. */
    private static final class OnCaller extends OffLoop implements Executor {
        /*
         * The same means as MountedFiber's: the JDK hands its continuation over once, and then says with execute() that it
         * can be run. The asking thread runs it; and where a body asks another generator, that one's, in its place, and so
         * on. If a body waits in a call of the JDK, the thread waits for that.
         */
        private final Thread thread;

        // set once, by the constructor
        private @Nullable Runnable continuation;

        // whoever has the turn
        private boolean turnOver;
        private @Nullable OnCaller callee; // which the body asks for a value
        private @Nullable OnCaller caller; // whose body has asked, if it was one

        // any thread
        private volatile boolean runnable;
        private volatile @Nullable Thread driver;

        OnCaller(Runnable body) {
            super(body);
            thread = VirtualThreads.unstarted(this, "generator", this);
            VirtualThreads.inheritScopedValues(thread);
            thread.start();
        }

        /** {@return the one whose body is calling, or null} */
        static @Nullable OnCaller current() {
            Thread thread = Thread.currentThread();
            return thread.isVirtual()
                            && VirtualThreads.schedulerOf(thread) instanceof OnCaller body
                            && body.thread == thread
                    ? body
                    : null;
        }

        @Override
        boolean isCurrent() {
            return Thread.currentThread() == thread;
        }

        @Override
        void passToBody() {
            OnCaller asking = current();
            if (asking != null) {
                asking.call(this);
            } else if (Thread.currentThread().isVirtual()) { // it cannot mount another one
                Threads.join(Threads.daemon("generator", this::drive));
            } else {
                drive();
            }
        }

        private void call(OnCaller callee) {
            callee.caller = this;
            this.callee = callee;
            Thread.yield();
            if (this.callee != null) {
                this.callee = null;
                throw cannotLeave();
            }
        }

        @Override
        void passBack() {
            turnOver = true;
            Thread.yield();
            if (turnOver) {
                turnOver = false;
                throw cannotLeave();
            }
        }

        @Override
        void end() {
            turnOver = true;
        }

        /** Runs this, and whatever its body asks, until this gives back or ends. On a platform thread. */
        private void drive() {
            boolean interrupted = false;
            OnCaller current = this;
            while (current != null) {
                interrupted |= current.runOnce();
                OnCaller callee = current.callee;
                if (callee != null) {
                    current.callee = null;
                    current = callee;
                } else if (current.turnOver) {
                    current.turnOver = false;
                    OnCaller caller = current.caller;
                    current.caller = null;
                    current = caller;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }

        /** Runs the body until it leaves the thread. {@return whether the thread was interrupted before} */
        private boolean runOnce() {
            Runnable continuation = this.continuation;
            assert continuation != null : "Thread.start() has called execute()";
            boolean interrupted = false;
            driver = Thread.currentThread();
            while (!runnable) {
                LockSupport.park(this);
                interrupted |= Thread.interrupted();
            }
            driver = null;
            runnable = false;
            continuation.run();
            return interrupted;
        }

        /** Called by the JDK, on any thread, when {@code command} can run. */
        @Override
        public void execute(Runnable command) {
            if (continuation == null) {
                continuation = command;
            } else if (command != continuation) {
                ForkJoinPool.commonPool().execute(command); // a virtual thread that the body started (P3)
                return;
            }
            runnable = true;
            LockSupport.unpark(driver);
        }

        private static IllegalStateException cannotLeave() {
            return new IllegalStateException(
                    "a generator cannot yield here: a class initialiser or a native method is on its stack");
        }
    }

    /** An ordinary virtual thread that runs only while it holds the baton. */
    private static final class Baton extends OffLoop {
        private final Thread thread;

        // whoever has the baton
        private boolean started;
        private @Nullable Thread caller;

        // written by whoever has the baton; so the other sees what was written before
        private volatile boolean bodysTurn;

        Baton(Runnable body) {
            super(body);
            thread = Thread.ofVirtual().name("generator").unstarted(this);
        }

        @Override
        boolean isCurrent() {
            return Thread.currentThread() == thread;
        }

        @Override
        void passToBody() {
            caller = Thread.currentThread();
            bodysTurn = true;
            if (started) {
                LockSupport.unpark(thread);
            } else {
                started = true;
                thread.start();
            }
            parkWhile(true);
        }

        @Override
        void passBack() {
            end();
            parkWhile(false);
        }

        @Override
        void end() {
            Thread caller = this.caller;
            bodysTurn = false;
            LockSupport.unpark(caller);
        }

        private void parkWhile(boolean bodysTurn) {
            boolean interrupted = false;
            while (this.bodysTurn == bodysTurn) {
                LockSupport.park(this);
                interrupted |= Thread.interrupted();
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
