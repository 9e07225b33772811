// Brick 6, the task: a coroutine that awaits futures, and is itself the future of its result or exception.
// Prints two tasks: one hands a zero to the other, awaits what that makes of it, and gets its exception.

final Queue<Runnable> ready = new ArrayDeque<>();
Task<?> current;

class Future<T> {
    final List<Runnable> waiters = new ArrayList<>();
    Callable<T> outcome; // returns the result or throws the exception; null until there is one

    void settle(Callable<T> outcome) { this.outcome = outcome; ready.addAll(waiters); }

    T await() throws Exception {
        if (outcome == null) {
            waiters.add(current::step);
            current.suspend();
        }
        return outcome.call();
    }
}

class Task<T> extends Future<T> {
    final Semaphore go = new Semaphore(0), back = new Semaphore(0);
    Task(Callable<T> body) {
        Thread.startVirtualThread(() -> {
            go.acquireUninterruptibly();
            try { T result = body.call(); settle(() -> result); }
            catch (Exception e) { settle(() -> { throw e; }); }
            finally { back.release(); }
        });
        ready.add(this::step);
    }

    void step() { current = this; go.release(); back.acquireUninterruptibly(); }
    void suspend() { back.release(); go.acquireUninterruptibly(); }
}

void main() {
    Future<Integer> number = new Future<>();
    Task<Integer> divider = new Task<>(() -> {
        IO.println("divider: waiting for a number");
        return 12 / number.await();
    });
    new Task<>(() -> {
        IO.println("giver: handing over a zero");
        number.settle(() -> 0);
        try { return divider.await(); }
        catch (Exception e) { IO.println("giver: the divider failed: " + e.getMessage()); return null; }
    });
    while (!ready.isEmpty()) { ready.remove().run(); }
}
