// Brick 3, the selector loop: one call waits for channels and timers alike. Prints a timer and what a pipe brings.

interface Callback { void run() throws IOException; }
record Timer(long when, int number, Callback callback) {}

final Queue<Callback> ready = new ArrayDeque<>();
final Queue<Timer> timers = new PriorityQueue<>(Comparator.comparingLong(Timer::when).thenComparingInt(Timer::number));
int count;
Selector selector;

void callLater(long millis, Callback callback) {
    timers.add(new Timer(System.nanoTime() + millis * 1_000_000, ++count, callback));
}

void addReader(SelectableChannel channel, Callback callback) throws IOException {
    channel.configureBlocking(false).register(selector, SelectionKey.OP_READ, callback);
}

void runOnce() throws IOException {
    Consumer<SelectionKey> makeReady = key -> ready.add((Callback) key.attachment());
    long nanos = timers.isEmpty() ? Long.MAX_VALUE : timers.element().when() - System.nanoTime();
    if (!ready.isEmpty() || nanos <= 0) { selector.selectNow(makeReady); }
    else { selector.select(makeReady, Math.ceilDiv(nanos, 1_000_000)); }
    long now = System.nanoTime();
    while (!timers.isEmpty() && timers.element().when() <= now) { ready.add(timers.remove().callback()); }
    for (int left = ready.size(); left > 0; left--) { ready.remove().run(); }
}

void main() throws IOException {
    selector = Selector.open();
    Pipe pipe = Pipe.open();
    addReader(pipe.source(), () -> {
        ByteBuffer bytes = ByteBuffer.allocate(80);
        IO.println("reader: " + new String(bytes.array(), 0, pipe.source().read(bytes)));
        pipe.source().close();
    });
    callLater(3_600_000, () -> IO.println("timer: an hour later"));
    callLater(500, () -> pipe.sink().write(ByteBuffer.wrap("hello".getBytes())));
    callLater(10, () -> IO.println("timer: 10 ms later"));
    while (pipe.source().isOpen()) { runOnce(); }
}
