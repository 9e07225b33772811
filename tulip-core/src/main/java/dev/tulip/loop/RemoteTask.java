package dev.tulip.loop;

import org.jspecify.annotations.Nullable;

/**
 * A task of another loop, as a future of this one. Loop thread only, as any future. See {@link LoopGroup#createTaskOn}.
 */
final class RemoteTask<T extends @Nullable Object> extends Future<T> implements Observer {
    /*
     * A door between two loops: home, where whoever asked for the task runs, and the other one, where the task runs.
     *
     *   home -> other   start; later perhaps cancel. First in, first out: no cancel overtakes its start
     *   other -> home   the task has ended: now this ends, as the task has
     *
     * Each message passes the EntryQueue of the loop that it is for. A loop that is closed takes no message and sends
     * none, so both sides register with whenClosed first, and then send:
     *
     *   the other loop is closed: this fails, unless the end of the task has come before
     *   home is closed: the task is cancelled, since nobody can get its result
     *
     * So a cancel is a request that is passed on, and whoever awaits this waits until the task has ended.
     *
     * A failure is the task's to report until home is told of it, then this future's. If home is closed in between, it tells
     * the other loop so, which reports it after all.
     */

    // set once
    private final BaseEventLoop other;
    private final Object body; // a Coroutine or an Action
    private final TaskOptions options;
    private final Runnable onOtherClosed = this::otherClosed;
    private final Runnable onHomeClosed = this::homeClosed;

    // written on the other loop's thread
    private volatile @Nullable Task<T> task;

    // other loop's thread only
    private boolean homeWasTold; // of the end of the task, which may have been too late

    // loop thread only
    private boolean cancelRequested;

    private RemoteTask(BaseEventLoop home, BaseEventLoop other, Object body, TaskOptions options) {
        super(home);
        this.other = other;
        this.body = home.isDebug() ? Traced.body(body) : body;
        this.options = options;
    }

    /** Starts {@code body}, a {@link Coroutine} with a T or, if T is Void, an {@link Action}, as a task of {@code other}. */
    static <T extends @Nullable Object> RemoteTask<T> start(
            BaseEventLoop home, BaseEventLoop other, Object body, TaskOptions options) {
        home.checkOpen();
        other.checkOpen();
        RemoteTask<T> future = new RemoteTask<>(home, other, body, options);
        other.whenClosed(future.onOtherClosed);
        home.whenClosed(future.onHomeClosed);
        other.leaveAtDoor(new Handle(future::createTask, home.captureContext()));
        return future;
    }

    // -- on the other loop's thread -------------------------------------------------------------------------------

    @SuppressWarnings("unchecked") // start() was given a body for this type
    private void createTask() {
        Task<T> created;
        try {
            if (other.isEnding()) { // it has cancelled its tasks and waits for them: this one would come too late
                throw new IllegalStateException(
                        "the task never started: its loop is about to be closed: " + other.name);
            }
            created = body instanceof Action<?> action
                    ? (Task<T>) other.createTask(action, options)
                    : other.createTask((Coroutine<T, ?>) body, options);
        } catch (Throwable e) { // or a task factory has failed
            other.forgetWhenClosed(onOtherClosed);
            tellHome(() -> settleException(e));
            return;
        }
        task = created;
        if (!created.addObserver(this)) {
            futureDone(created); // it was eager
        }
    }

    @Override
    public void futureDone(Future<?> future) {
        other.forgetWhenClosed(onOtherClosed);
        boolean endedWithLoop = other.isEnding();
        if (!loop.isClosed()) {
            homeWasTold = true;
            future.markRetrieved();
            tellHome(() -> settleAsTask(endedWithLoop));
        }
    }

    @Override
    public boolean isOver() {
        return false;
    }

    private void cancelTask(@Nullable String message) {
        Task<T> task = this.task;
        if (task != null) { // else it could not be created
            task.cancel(message);
        }
    }

    private void abandonTask() {
        Task<T> task = this.task;
        if (task == null || !task.done()) {
            cancelTask(loop.name + " is closed, which wanted the result");
        } else if (homeWasTold && task.state() == State.FAILED) {
            report(task);
        }
    }

    // -- on the thread that closes a loop -------------------------------------------------------------------------

    private void otherClosed() {
        tellHome(() -> {
            if (done()) {
                return;
            }
            Task<T> task = this.task;
            settleException(
                    new IllegalStateException((task == null ? "the task never started" : task.label() + " did not end")
                            + " before its loop was closed: " + other.name));
        });
    }

    private void homeClosed() {
        other.leaveAtDoor(new Handle(this::abandonTask));
    }

    /** Has {@code settlement} done at home. Any thread. */
    private void tellHome(Runnable settlement) {
        loop.leaveAtDoor(new Handle(() -> {
            loop.forgetWhenClosed(onHomeClosed);
            settlement.run();
        }));
    }

    /** Nobody will take the failure of {@code task} any more. On the thread of one of the loops. */
    private static void report(Task<?> task) {
        EventLoop here = EventLoop.running();
        here.callExceptionHandler(new ExceptionContext(
                task.getName() + " exception was never retrieved", task.exceptionNow(), "task", task));
    }

    // -- at home --------------------------------------------------------------------------------------------------

    private void settleAsTask(boolean endedWithLoop) {
        Task<T> task = this.task;
        assert task != null : "told of its end";
        if (done()) { // the loop was closed, and the task has ended all the same
            if (task.state() == State.FAILED) {
                report(task);
            }
            return;
        }
        switch (task.state()) {
            case SUCCESS -> settleResult(task.resultNow());
            case FAILED -> settleException(task.exceptionNow());
            default -> {
                if (endedWithLoop && !cancelRequested) {
                    settleException(new IllegalStateException(
                            task.label() + " was cancelled because its loop was closed: " + other.name,
                            task.failure()));
                } else {
                    settleCancelled(task.failure());
                }
            }
        }
    }

    /** Asks the task to end. This ends when the task has. */
    @Override
    public boolean cancel(@Nullable String message) {
        loop.checkThread();
        if (done()) {
            return super.cancel(message);
        }
        cancelRequested = true;
        other.leaveAtDoor(new Handle(() -> cancelTask(message)));
        return true;
    }

    /** {@return its state, its coroutine's class, and where it runs} */
    @Override
    public String toString() {
        String name = options.name();
        return "RemoteTask[" + (name == null ? "" : name + " ") + describeState()
                + (cancelRequested && !isDone() ? ", cancelling" : "") + ", " + Describe.callback(body) + ", on "
                + other.name + "]";
    }
}
