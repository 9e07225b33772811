package dev.tulip.tests.support;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** What the library logs as a warning or worse. What a test does not take makes it fail. */
public final class Logs extends Handler {
    // Held here: the JDK's registry holds loggers weakly, and would forget ours with its handler.
    private static final Logger LOGGER = Logger.getLogger("dev.tulip");

    private final List<LogRecord> records = new CopyOnWriteArrayList<>();

    void install() {
        LOGGER.addHandler(this);
        LOGGER.setUseParentHandlers(false);
    }

    void uninstall() {
        LOGGER.removeHandler(this);
        LOGGER.setUseParentHandlers(true);
    }

    @Override
    public void publish(LogRecord record) {
        if (record.getLevel().intValue() >= Level.WARNING.intValue()) {
            records.add(record);
        }
    }

    /** {@return the messages so far, which stay} */
    public List<String> messages() {
        return records.stream().map(LogRecord::getMessage).toList();
    }

    /** {@return what has come so far, which this test has expected} */
    public List<LogRecord> take() {
        List<LogRecord> taken = new ArrayList<>(records);
        records.removeAll(taken);
        return taken;
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
}
