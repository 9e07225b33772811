package dev.tulip.loop;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Several loops, each running on a thread of its own, so that a program uses more than one processor. For any thread,
 * except where a method says otherwise.
 *
 * {@snippet :
 * run(() -> {
 *     try (LoopGroup group = LoopGroup.withDefaults()) { // one loop a processor
 *         Future<Integer> answer = group.createTask(() -> compute()); // on one of them
 *         IO.println(await(answer));
 *     }
 * });
 * }
 *
 * <p><b>What loops share.</b> Nothing. A task stays on the loop on which it was started, and futures, tasks, transports,
 * streams and everything of {@code dev.tulip.sync} belong to one loop: another one gets a {@link WrongThreadException}
 * or an {@link IllegalStateException}. What tasks of several loops use must be for several threads: immutable, or of
 * {@code java.util.concurrent}. To use something of another loop, start a task there with {@link #createTaskOn}, and
 * await it. A server for all loops of a group: {@code Tulip.startServer(group, ...)}.
 *
 * <p><b>Which loop comes next</b> goes by turns. How much a loop has to do is not looked at: what a new task or connection
 * will cost is not known, and looking would make every loop write down for others what it does.
 *
 * <p>The threads keep the process alive until {@link #close}. If a loop ends otherwise, because a task has thrown {@link
 * KeyboardInterrupt}, say, or has stopped it, all loops of the group end, the log says why, and {@code close} throws it.
 */
public final class LoopGroup implements AutoCloseable {
    /*
     * RUNNING -> ENDING    // close(), or one of the loops has ended
     * ENDING -> ENDED      // the last loop is closed: over is done
     *
     * The group itself passes nothing on: see RemoteTask for what goes from loop to loop.
     */
    private static final AtomicInteger LAST_NUMBER = new AtomicInteger();

    // set once
    private final String name;
    private final List<Member> members;
    private final List<EventLoop> loops;
    private final CompletableFuture<?> over;

    // any thread
    private final AtomicInteger turn = new AtomicInteger();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private volatile boolean ending;

    private LoopGroup(String name, List<Member> members) {
        this.name = name;
        this.members = List.copyOf(members);
        this.loops = members.stream().<EventLoop>map(member -> member.loop).toList();
        this.over = CompletableFuture.allOf(
                members.stream().map(member -> member.over).toArray(CompletableFuture<?>[]::new));
    }

    /**
     * {@return a group of {@code loops} loops, which run}
     *
     * @throws IllegalArgumentException if that is not positive
     * @throws java.io.UncheckedIOException if the process is out of file descriptors
     */
    public static LoopGroup of(int loops) {
        return of(LoopGroupOptions.defaults().withLoops(loops));
    }

    /**
     * {@return a group of loops, which run}
     *
     * @param options how many there are, and how they are made
     * @throws java.io.UncheckedIOException if the process is out of file descriptors
     */
    public static LoopGroup of(LoopGroupOptions options) {
        String name = options.name();
        List<Member> members = new ArrayList<>();
        try {
            for (int i = 1; i <= options.loops(); i++) {
                Member member = new Member(options.runner());
                members.add(member);
                if (name != null) {
                    member.loop.name = name + "-" + i;
                }
            }
        } catch (Throwable e) { // no descriptor for a selector
            members.forEach(member -> member.runner.close());
            throw e;
        }
        LoopGroup group = new LoopGroup(name == null ? "LoopGroup-" + LAST_NUMBER.incrementAndGet() : name, members);
        group.start();
        return group;
    }

    private void start() {
        int started = 0;
        try {
            for (Member member : members) {
                member.start(this);
                started++;
            }
        } catch (Throwable e) { // no memory for a thread
            end();
            members.subList(started, members.size()).forEach(member -> member.runner.close());
            throw e;
        }
    }

    /** {@return a group of as many loops as there are processors that this process may use} */
    public static LoopGroup withDefaults() {
        return of(LoopGroupOptions.defaults());
    }

    /** {@return the loops} */
    public List<EventLoop> loops() {
        return loops;
    }

    /** {@return the loop whose turn it is} They take turns. */
    public EventLoop next() {
        return loops.get(Math.floorMod(turn.getAndIncrement(), loops.size()));
    }

    // -- tasks ----------------------------------------------------------------------------------------------------

    /** Starts {@code coroutine} on the {@link #next} loop. See {@link #createTaskOn(EventLoop, Coroutine, TaskOptions)}. */
    public <T extends @Nullable Object> Future<T> createTask(Coroutine<? extends T, ?> coroutine) {
        return createTaskOn(next(), coroutine);
    }

    /** Starts {@code action} on the {@link #next} loop. See {@link #createTaskOn(EventLoop, Coroutine, TaskOptions)}. */
    public Future<@Nullable Void> createTask(Action<?> action) {
        return createTaskOn(next(), action);
    }

    /** Starts {@code coroutine} as a task of {@code loop}. See {@link #createTaskOn(EventLoop, Coroutine, TaskOptions)}. */
    public static <T extends @Nullable Object> Future<T> createTaskOn(
            EventLoop loop, Coroutine<? extends T, ?> coroutine) {
        return createTaskOn(loop, coroutine, TaskOptions.defaults());
    }

    /** Starts {@code action} as a task of {@code loop}. See {@link #createTaskOn(EventLoop, Coroutine, TaskOptions)}. */
    public static Future<@Nullable Void> createTaskOn(EventLoop loop, Action<?> action) {
        return createTaskOn(loop, action, TaskOptions.defaults());
    }

    /**
     * Starts {@code coroutine} as a task of {@code loop}, whatever group that is of, if any, and returns a future of the
     * running loop that ends as the task does. If the two are the same, that is the task itself.
     *
     * <p>It is as if the task ran here: await it, and its result or failure comes as it is; cancel the future, and the
     * task is cancelled; cancel whoever awaits it, and that waits until the task has ended. The task runs in a copy of
     * the caller's {@link Context}. If nobody takes its failure, the running loop's exception handler gets it.
     *
     * <p><b>Loops that are closed.</b> If {@code loop} is closed before the task has ended, or the task is cancelled by
     * that, the future fails with an {@link IllegalStateException}. A loop whose {@link Runner} is closing takes no tasks of
     * others. If the running loop is closed, the task is cancelled.
     *
     * <p>Each way takes a passage through a door and an iteration of the loop there, and wakes that if it sleeps. On a
     * thread without a loop use {@link EventLoop#runCoroutineThreadsafe(Coroutine)}.
     *
     * @param <T> what it returns
     * @param loop where it runs
     * @param coroutine its body
     * @param options its name and more; a context that it is given is for one loop at a time
     * @throws IllegalStateException if no loop runs here, or one of the two is closed
     */
    public static <T extends @Nullable Object> Future<T> createTaskOn(
            EventLoop loop, Coroutine<? extends T, ?> coroutine, TaskOptions options) {
        BaseEventLoop home = (BaseEventLoop) EventLoop.running();
        return home == loop
                ? home.createTask(coroutine, options)
                : RemoteTask.start(home, (BaseEventLoop) loop, coroutine, options);
    }

    /** Starts {@code action} as a task of {@code loop}. See {@link #createTaskOn(EventLoop, Coroutine, TaskOptions)}. */
    public static Future<@Nullable Void> createTaskOn(EventLoop loop, Action<?> action, TaskOptions options) {
        BaseEventLoop home = (BaseEventLoop) EventLoop.running();
        return home == loop
                ? home.createTask(action, options)
                : RemoteTask.start(home, (BaseEventLoop) loop, action, options);
    }

    // -- the end --------------------------------------------------------------------------------------------------

    /**
     * Ends all loops, each as {@link Runner#close} does: cancels its tasks and waits for them and for the jobs of its
     * executor. Returns when the last loop is closed. Calling this again is harmless.
     *
     * <p>A task awaits that; another thread is blocked. Cancelling the task changes nothing: the loops end.
     *
     * @throws IllegalStateException if called on a loop of this group, which would wait for itself, or in a callback
     * @throws KeyboardInterrupt if that has ended a loop of this group; and whatever else has
     */
    @Override
    @Suspends
    public void close() {
        BaseEventLoop here = Fiber.currentLoop();
        boolean waitsInTask = Fiber.current() != null;
        if (here != null && loops.contains(here)) {
            throw new IllegalStateException("close() of " + this + " waits for the end of its loops, so it cannot be"
                    + " called on one of them, " + here.name + ": let the task do it that has opened the group");
        }
        if (waitsInTask) {
            Task.suspending("LoopGroup.close");
        }
        end();
        if (here != null && waitsInTask) {
            here.wrapFuture(over.copy()).await(); // a copy: cancelling this task cancels that
        } else {
            over.join();
        }
        Throwable failure = this.failure.getAndSet(null);
        if (failure != null) {
            throw Sneaky.rethrow(failure);
        }
    }

    private void end() {
        ending = true;
        members.forEach(Member::end);
    }

    private void failed(BaseEventLoop loop, Throwable error) {
        Log.error(
                loop, new ExceptionContext(loop.name + " has ended, and with it all of " + name, error, "group", this));
        Throwable first = failure.compareAndExchange(null, error);
        if (first != null && first != error) {
            first.addSuppressed(error);
        }
        end();
    }

    /** {@return its name, whether it runs, and how many loops it has} */
    @Override
    public String toString() {
        return name + "[" + (over.isDone() ? "closed" : ending ? "closing" : "running") + ", " + loops.size()
                + " loops]";
    }

    /** One loop and its thread. */
    private static final class Member {
        // set once
        private final Runner runner;
        private final BaseEventLoop loop;

        // any thread
        private final CompletableFuture<@Nullable Void> over = new CompletableFuture<>();

        private Member(RunnerOptions options) {
            runner = new Runner(options);
            loop = (BaseEventLoop) runner.loop();
        }

        private void start(LoopGroup group) {
            Threads.user(loop.name, () -> run(group));
        }

        private void run(LoopGroup group) {
            try (runner) {
                loop.runForever();
                if (!group.ending) {
                    throw new IllegalStateException(loop + " was stopped; close the group instead");
                }
            } catch (Throwable e) {
                group.failed(loop, e);
            } finally {
                over.complete(null);
            }
        }

        /** Any thread. */
        private void end() {
            loop.leaveAtDoor(new Handle(loop::stop));
        }
    }
}
