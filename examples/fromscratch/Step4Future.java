// Brick 4, the future: a result that comes later, and who waits for it. Prints callbacks, called by the loop only.

final Queue<Runnable> ready = new ArrayDeque<>();

class Future<T> {
    final List<Runnable> callbacks = new ArrayList<>();
    boolean done;
    T result;

    void setResult(T value) {
        if (done) { throw new IllegalStateException("there is a result already: " + result); }
        done = true;
        result = value;
        ready.addAll(callbacks);
    }

    void addDoneCallback(Runnable callback) { (done ? ready : callbacks).add(callback); }
}

void main() {
    Future<Integer> answer = new Future<>();
    answer.addDoneCallback(() -> IO.println("added early: " + answer.result));
    ready.add(() -> {
        answer.setResult(42);
        answer.addDoneCallback(() -> IO.println("added late: " + answer.result));
        IO.println("the result is set");
    });
    while (!ready.isEmpty()) { ready.remove().run(); }
}
