// Brick 1, the callback loop: a queue; each round runs exactly what was ready when it began. Prints two rounds.

final Queue<Runnable> ready = new ArrayDeque<>();

void callSoon(Runnable callback) { ready.add(callback); }

void runOnce() {
    for (int left = ready.size(); left > 0; left--) { ready.remove().run(); }
}

void main() {
    callSoon(() -> callSoon(() -> IO.println("  third, scheduled by the first")));
    callSoon(() -> IO.println("  second"));
    while (!ready.isEmpty()) {
        IO.println("a round of " + ready.size());
        runOnce();
    }
}
