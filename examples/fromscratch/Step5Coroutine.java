// Brick 5, the simplest task: it steps a coroutine, which is a virtual thread that runs only while it has the baton.
// Prints two tasks that take turns.

final Queue<Runnable> ready = new ArrayDeque<>();

class Task {
    final Semaphore go = new Semaphore(0), back = new Semaphore(0); // the baton: to the coroutine, back to the loop
    boolean done;

    Task(Consumer<Task> body) {
        Thread.startVirtualThread(() -> {
            go.acquireUninterruptibly();
            try { body.accept(this); } finally { done = true; back.release(); }
        });
        ready.add(this::step);
    }

    void step() {
        go.release();
        back.acquireUninterruptibly();
        if (!done) { ready.add(this::step); }
    }

    void suspend() {
        back.release();
        go.acquireUninterruptibly();
    }
}

void main() {
    for (String name : List.of("a", "b")) {
        new Task(me -> {
            IO.println(name + ", step 1");
            me.suspend();
            IO.println(name + ", step 2");
        });
    }
    while (!ready.isEmpty()) { ready.remove().run(); }
}
