package dev.tulip.loop;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The tasks of one block of code: all of them have ended before the block does. The body of {@code Tulip.taskGroup}
 * gets one. For the loop's thread.
 *
 * <p>If one of them fails, the others and the body are cancelled, and the block throws a {@link TaskGroupException}
 * with all failures. A task that is cancelled has not failed. If the task that runs the block is cancelled, all are.
 *
 * @see <a href="https://docs.python.org/3.14/library/asyncio-task.html#task-groups">asyncio: Task Groups</a>
 */
public final class TaskGroup {
    /*
     * The body runs -> it has ended (bodyEnded) -> the last child has ended (finished)
     *
     * Meanwhile, at most once: aborting. All children were cancelled, and no more are taken. It begins in the iteration
     * after the first failure of a child, so that children which fail in the same iteration are all heard; or when the
     * body fails or is cancelled; or with cancel(). If the body still runs then, its task, the parent, is cancelled,
     * too: that is our request, which is taken back at the end.
     *
     * Others may cancel the parent as well. As in a Timeout, the counts tell whose a CancelledError is. A request of
     * others is delivered once: as the error that the block throws, or, if it throws failures, at the parent's next
     * suspension. As CPython 3.14 with the repair of its issue 155433. Differs from CPython: a failure of the body
     * alone is thrown as it is; counts that the parent has brought along are not mistaken for requests.
     *
     * Children are told apart from background children by the Children they are in.
     */

    // set once
    private final BaseEventLoop loop;
    private final Task<?> parent;
    private final int requestsBefore;
    private final Children children = new Children();
    private final Children background = new Children();

    // loop thread only
    private final List<Task<?>> failed = new ArrayList<>();
    private int created;
    private boolean bodyEnded;
    private boolean aborting;
    private boolean parentCancelled; // by us
    private boolean finished;

    private TaskGroup(Task<?> parent) {
        this.loop = parent.loop;
        this.parent = parent;
        this.requestsBefore = parent.requestsDelivered();
    }

    /**
     * Runs {@code body} in the calling task and waits for all tasks that it has created in the group, and those that
     * these have created there. See {@code Tulip.taskGroup}.
     *
     * <p>Cancelling the calling task cancels the body and all children, waits for them, however often it is cancelled,
     * and then throws {@link CancelledError}; if some have failed, it throws their failures, and the cancellation is
     * delivered at the next suspension.
     *
     * <p>Does not suspend if there is nothing to wait for.
     *
     * @param body gets the group
     * @param <T> what it returns
     * @param <X> what it may throw
     * @return what the body returns; null if {@link #cancel} has ended it
     * @throws X as {@code body} does, if no child has failed
     * @throws TaskGroupException if children have failed, with the failure of the body at the end if that failed, too
     * @throws KeyboardInterrupt if a child or the body threw it; the failures of others go to the exception handler
     * @throws IllegalStateException if called outside a task
     */
    @Suspends
    @SuppressWarnings("NullAway") // the result of a body that was cancelled
    public static <T extends @Nullable Object, X extends Throwable> T run(
            CoroutineFunction<TaskGroup, ? extends T, ? extends X> body) throws X {
        TaskGroup group = new TaskGroup(Task.suspending("taskGroup"));
        T result = null;
        Throwable failure = null;
        try {
            result = body.apply(group);
        } catch (Throwable e) {
            failure = e;
        }
        Throwable outcome = group.end(failure);
        if (outcome != null) {
            throw Sneaky.rethrow(outcome);
        }
        return result;
    }

    // -- children -------------------------------------------------------------------------------------------------

    /**
     * Starts {@code coroutine} as a child of this group. For the body, the children and everybody else on the loop, as
     * long as the body runs or a child is alive.
     *
     * @param <T> what it returns
     * @throws IllegalStateException if the group has finished, or is being cancelled; nothing was started
     * @throws WrongThreadException if another thread calls this while the loop runs
     * @see EventLoop#createTask(Coroutine)
     */
    public <T extends @Nullable Object> Task<T> createTask(Coroutine<? extends T, ?> coroutine) {
        return createTask(coroutine, TaskOptions.defaults());
    }

    /** Starts {@code action} as a child of this group. See {@link #createTask(Coroutine)}. */
    public Task<@Nullable Void> createTask(Action<?> action) {
        return createTask(action, TaskOptions.defaults());
    }

    /**
     * Starts {@code coroutine} as a child of this group, with a name, or eagerly. See {@link #createTask(Coroutine)}.
     *
     * <p>An eager child that fails in its first step does not disturb whoever creates it before this has returned.
     *
     * @param <T> what it returns
     */
    public <T extends @Nullable Object> Task<T> createTask(Coroutine<? extends T, ?> coroutine, TaskOptions options) {
        checkOpen();
        return children.add(loop.createTask(coroutine, options));
    }

    /** Starts {@code action} as a child of this group, with a name, or eagerly. See {@link #createTask(Coroutine)}. */
    public Task<@Nullable Void> createTask(Action<?> action, TaskOptions options) {
        checkOpen();
        return children.add(loop.createTask(action, options));
    }

    /**
     * Starts {@code coroutine} as a background child: one that serves the others, and is cancelled when the body and
     * all ordinary children have ended. If it fails, the group has failed.
     *
     * @param <T> what it returns
     * @throws IllegalStateException if the group has finished, or is being cancelled; nothing was started
     * @throws WrongThreadException if another thread calls this while the loop runs
     */
    public <T extends @Nullable Object> Task<T> createBackgroundTask(Coroutine<? extends T, ?> coroutine) {
        return createBackgroundTask(coroutine, TaskOptions.defaults());
    }

    /** Starts {@code action} as a background child. See {@link #createBackgroundTask(Coroutine)}. */
    public Task<@Nullable Void> createBackgroundTask(Action<?> action) {
        return createBackgroundTask(action, TaskOptions.defaults());
    }

    /**
     * Starts {@code coroutine} as a background child, with a name, or eagerly. See {@link
     * #createBackgroundTask(Coroutine)}.
     *
     * @param <T> what it returns
     */
    public <T extends @Nullable Object> Task<T> createBackgroundTask(
            Coroutine<? extends T, ?> coroutine, TaskOptions options) {
        checkOpen();
        return background.add(loop.createTask(coroutine, options));
    }

    /**
     * Starts {@code action} as a background child, with a name, or eagerly. See {@link
     * #createBackgroundTask(Coroutine)}.
     */
    public Task<@Nullable Void> createBackgroundTask(Action<?> action, TaskOptions options) {
        checkOpen();
        return background.add(loop.createTask(action, options));
    }

    /**
     * Starts {@code body} as a child of this group and waits until it says that it is ready. Then it goes on as any
     * child.
     *
     * <p>Until then the child belongs to the caller: if it fails, this throws what it failed with, and the group is not
     * concerned. If this is cancelled, it cancels the child and waits for its end; a child that was ready just then
     * goes on in the group.
     *
     * @param body gets the means to say so, {@link Started#set}
     * @param <T> what the child hands over
     * @return what {@link Started#set} was given
     * @throws IllegalStateException if the child ends without having said so, if the group has finished or is being
     *     cancelled, or if this is called outside a task; what the child fails with is thrown as it is, checked or not
     * @throws CancelledError if the child or the caller was cancelled
     * @see <a href="https://trio.readthedocs.io/en/stable/reference-core.html#trio.Nursery.start">Trio:
     *     Nursery.start</a>
     */
    @Suspends
    public <T extends @Nullable Object> T start(CoroutineConsumer<Started<T>, ?> body) {
        return start(body, TaskOptions.defaults());
    }

    /**
     * Starts {@code body}, with a name, or eagerly, and waits until it says that it is ready. See {@link
     * #start(CoroutineConsumer)}.
     *
     * @param <T> what the child hands over
     */
    @Suspends
    public <T extends @Nullable Object> T start(CoroutineConsumer<Started<T>, ?> body, TaskOptions options) {
        Task.suspending("TaskGroup.start");
        Start<T> start = new Start<>(loop, body);
        Task<?> child = createTask(start, options);
        start.childCreated(child);
        try {
            return start.await();
        } catch (CancelledError e) {
            start.reportUnlessThrown(e);
            throw e;
        }
    }

    /**
     * Cancels the children, and the body if it still runs: the block then ends without an exception, unless somebody
     * fails, or others have cancelled its task. Harmless if the block has ended or was cancelled before. As in Python
     * 3.15.
     *
     * @throws WrongThreadException if another thread calls this while the loop runs
     */
    public void cancel() {
        loop.checkThread();
        if (!finished) {
            abort("its task group was cancelled");
        }
    }

    private void checkOpen() {
        loop.checkThread();
        if (aborting && !finished) {
            throw new IllegalStateException(this + " is shutting down and takes no more tasks");
        }
        if (finished || (bodyEnded && children.alive == 0)) {
            throw new IllegalStateException(this + " is finished and takes no more tasks");
        }
    }

    /** Some of the tasks of this group: the ordinary ones, or those in the background. Is told when they are done. */
    private final class Children implements Observer {
        private final List<Task<?>> tasks = new ArrayList<>(); // those alive, and some that are done
        private int alive;

        private <T extends @Nullable Object> Task<T> add(Task<T> task) {
            created++;
            alive++;
            tasks.add(task);
            if (!task.addObserver(this)) {
                futureDone(task); // it was eager
            } else if (aborting) {
                task.cancel("its task group was cancelled"); // by itself, in its first step
            }
            return task;
        }

        @Override
        public void futureDone(Future<?> task) {
            alive--;
            if (tasks.size() > 2 * alive + Defaults.DONE_CHILDREN) {
                tasks.removeIf(Future::done); // now and then, so that it costs O(1) a child
            }
            childDone((Task<?>) task);
        }

        @Override
        public boolean isOver() {
            return finished;
        }

        private void cancel(String reason) {
            for (int i = 0; i < tasks.size(); i++) {
                Task<?> task = tasks.get(i);
                if (!task.done()) {
                    task.cancel(reason);
                }
            }
        }
    }

    private void childDone(Task<?> task) {
        if (finished) {
            return; // the loop was closed under us: what the child fails with is reported as any other's
        }
        if (task.state() == Future.State.FAILED) {
            task.markRetrieved();
            failed.add(task);
            if (failed.size() == 1) {
                loop.ready.add(new Handle(this::abortAfterFailure));
            }
        }
        if (bodyEnded && children.alive == 0) {
            parent.wake();
        }
    }

    // -- ending ---------------------------------------------------------------------------------------------------

    private void abortAfterFailure() {
        if (!finished) {
            abort(failed.getFirst().getName() + " of its task group has failed");
        }
    }

    private void abort(String reason) {
        if (!aborting) {
            aborting = true;
            children.cancel(reason);
            background.cancel(reason);
        }
        if (!bodyEnded && !parentCancelled) {
            parentCancelled = true;
            parent.cancel();
        }
    }

    /**
     * Waits for the children after the body has ended. {@return what the block throws, or null}
     *
     * @param thrown what the body has thrown, or null
     */
    private @Nullable Throwable end(@Nullable Throwable thrown) {
        bodyEnded = true;
        CancelledError cancellation = thrown == null ? null : parent.cancellationIn(thrown);
        Throwable bodyFailure = cancellation == null ? thrown : null;
        if (thrown != null) {
            abort(bodyFailure == null ? "its task group was cancelled" : "the body of its task group has failed");
        }
        try {
            CancelledError whileWaiting = awaitChildren();
            cancellation = whileWaiting == null ? cancellation : whileWaiting;
        } catch (Throwable e) {
            abort("its task group cannot wait for it");
            report(failures(bodyFailure), "could not wait for its tasks: " + e);
            throw e;
        } finally {
            finished = true;
        }
        boolean othersCancelled =
                parentCancelled ? parent.takeBackRequest(requestsBefore) : parent.cancelling() > requestsBefore;
        List<Throwable> failures = failures(bodyFailure);
        if (failures.isEmpty()) {
            return withoutFailures(cancellation, othersCancelled);
        }
        for (Throwable failure : failures) {
            if (failure instanceof KeyboardInterrupt) {
                failures.removeIf(KeyboardInterrupt.class::isInstance);
                report(failures, "was ended by a KeyboardInterrupt");
                return failure;
            }
        }
        if (othersCancelled) {
            parent.deliverAgain(cancellation == null ? null : cancellation.getMessage());
        }
        return failed.isEmpty() ? bodyFailure : new TaskGroupException(describe(failures), failures);
    }

    /** {@return what the block throws if nobody has failed, or null} */
    private @Nullable Throwable withoutFailures(@Nullable CancelledError cancellation, boolean othersCancelled) {
        if (!parentCancelled) {
            return cancellation;
        }
        if (!othersCancelled) {
            return null; // by cancel() only
        }
        CancelledError undelivered = parent.takeUndelivered();
        return undelivered != null ? undelivered : cancellation != null ? cancellation : new CancelledError();
    }

    /**
     * Waits until all children have ended.
     *
     * @return the cancellation of the parent that came last meanwhile, or null
     */
    private @Nullable CancelledError awaitChildren() {
        CancelledError cancellation = null;
        while (children.alive + background.alive > 0) {
            if (children.alive == 0) {
                abort("all other tasks of its group have ended");
            }
            try {
                parent.waitFor(this);
            } catch (CancelledError e) {
                if (loop.isClosing()) {
                    throw e; // nothing can be waited for any more
                }
                cancellation = e;
                abort("its task group was cancelled");
            }
        }
        return cancellation;
    }

    /** {@return what the children have failed with, as they ended, and what the body has failed with, if it has} */
    private List<Throwable> failures(@Nullable Throwable bodyFailure) {
        List<Throwable> failures = new ArrayList<>();
        for (Task<?> task : failed) {
            failures.add(task.exceptionNow());
        }
        // A body that has awaited a child and got its failure has not failed itself.
        if (bodyFailure != null && failures.stream().noneMatch(failure -> failure == bodyFailure)) {
            failures.add(bodyFailure);
        }
        return failures;
    }

    /** Tells the exception handler what the block cannot throw. */
    private void report(List<Throwable> failures, String why) {
        for (Throwable failure : failures) {
            loop.callExceptionHandler(new ExceptionContext(
                    "Failure in a task group of " + parent.getName() + " that " + why, failure, "task", parent));
        }
    }

    private String describe(List<Throwable> failures) {
        StringBuilder text = new StringBuilder()
                .append(failed.size())
                .append(" of ")
                .append(created)
                .append(created == 1 ? " task" : " tasks")
                .append(" in a group of ")
                .append(parent.getName())
                .append(" failed: ");
        int named = Math.min(failures.size(), Defaults.FAILURES_IN_MESSAGE);
        for (int i = 0; i < named; i++) {
            text.append(i == 0 ? "" : ", ")
                    .append(i < failed.size() ? failed.get(i).getName() : "the body")
                    .append(" (")
                    .append(Describe.shortened(failures.get(i)))
                    .append(')');
        }
        if (named < failures.size()) {
            text.append(", and ").append(failures.size() - named).append(" more");
        }
        return text.toString();
    }

    /** {@return whose it is, its state, and how many tasks are alive and have failed} */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("TaskGroup[of ").append(parent.getName());
        text.append(finished ? ", finished" : aborting ? ", shutting down" : bodyEnded ? ", body ended" : ", open");
        if (!finished) {
            text.append(", ").append(children.alive).append(children.alive == 1 ? " child" : " children");
            if (background.alive > 0) {
                text.append(", ").append(background.alive).append(" in the background");
            }
        }
        if (!failed.isEmpty()) {
            text.append(", ").append(failed.size()).append(" failed");
        }
        return text.append(']').toString();
    }
}
