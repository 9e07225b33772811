package dev.tulip.loop;

/** The timer of a task that sleeps: resumes the task itself, without a callback in between. */
final class SleepTimer extends TimerHandle {
    private final Task<?> task;

    SleepTimer(Task<?> task, long deadlineNanos) {
        super(task.loop, deadlineNanos, null);
        this.task = task;
    }

    @Override
    void fire() {
        task.wake();
    }
}
