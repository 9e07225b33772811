// Brick 7, sleep: a future that a timer completes; the rest is from steps 2 and 6. Prints sleepers by their deadlines.

record Timer(long when, int number, Runnable callback) {}

final Queue<Timer> timers = new PriorityQueue<>(Comparator.comparingLong(Timer::when).thenComparingInt(Timer::number));
int count;
Task current;

void callLater(long nanos, Runnable callback) { timers.add(new Timer(System.nanoTime() + nanos, ++count, callback)); }

void sleep(Duration delay) {
    Future alarm = new Future();
    callLater(delay.toNanos(), alarm::settle);
    alarm.await();
}

class Future {
    Task waiter; // a single one, which awaits before the future is done: sleep needs no more
    void settle() { callLater(0, waiter::step); }
    void await() { waiter = current; waiter.suspend(); }
}

class Task {
    final Semaphore go = new Semaphore(0), back = new Semaphore(0);
    Task(Runnable body) {
        Thread.startVirtualThread(() -> {
            go.acquireUninterruptibly();
            try { body.run(); } finally { back.release(); }
        });
        callLater(0, this::step);
    }

    void step() { current = this; go.release(); back.acquireUninterruptibly(); }
    void suspend() { back.release(); go.acquireUninterruptibly(); }
}

void main() throws InterruptedException {
    for (int millis : new int[] {300, 100, 200}) {
        new Task(() -> {
            sleep(Duration.ofMillis(millis));
            IO.println("slept " + millis + " ms");
        });
    }
    while (!timers.isEmpty()) {
        Timer next = timers.remove();
        TimeUnit.NANOSECONDS.sleep(next.when() - System.nanoTime());
        next.callback().run();
    }
}
