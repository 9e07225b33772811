// Brick 2, the timer loop: a heap, the earliest deadline on top. Prints four timers in the order in which they are due.

record Timer(long when, int number, Runnable callback) {}

final Queue<Timer> timers = new PriorityQueue<>(Comparator.comparingLong(Timer::when).thenComparingInt(Timer::number));
int count;

void callAt(long when, Runnable callback) { timers.add(new Timer(when, ++count, callback)); }

void main() throws InterruptedException {
    long start = System.nanoTime();
    for (int millis : new int[] {30, 10, 20, 20}) {
        String text = "after " + millis + " ms: timer " + (count + 1);
        callAt(start + millis * 1_000_000L, () -> IO.println(text));
    }
    while (!timers.isEmpty()) {
        Timer next = timers.remove();
        TimeUnit.NANOSECONDS.sleep(next.when() - System.nanoTime());
        next.callback().run();
    }
}
