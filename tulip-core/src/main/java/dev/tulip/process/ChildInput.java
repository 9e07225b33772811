package dev.tulip.process;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/** The standard input of a child: an error says whose it is, and what that means. On a thread that may block. */
final class ChildInput extends FilterOutputStream {
    private final Process process;
    private final String child;

    ChildInput(Process process, String child) {
        super(process.getOutputStream());
        this.process = process;
        this.child = child;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        OutputStream out = this.out;
        try {
            out.write(bytes, offset, length);
            out.flush(); // the JDK keeps 8 KiB
        } catch (IOException e) { // "Broken pipe", or "Stream closed" if the JDK has noticed the exit first
            throw new IOException(
                    child + (process.isAlive() ? " reads no more" : " has exited") + ": " + e.getMessage(), e);
        }
    }

    @Override
    public void flush() {
        // write() has
    }
}
