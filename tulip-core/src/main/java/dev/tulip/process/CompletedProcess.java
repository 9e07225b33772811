package dev.tulip.process;

import java.nio.charset.Charset;

/** How a child has ended and what it had to say: what {@link ChildProcess#communicate} returns. */
public final class CompletedProcess {
    private final String name;
    private final int returnCode;
    private final byte[] stdout;
    private final byte[] stderr;
    private final Charset charset;

    CompletedProcess(String name, int returnCode, byte[] stdout, byte[] stderr, Charset charset) {
        this.name = name;
        this.returnCode = returnCode;
        this.stdout = stdout;
        this.stderr = stderr;
        this.charset = charset;
    }

    /** {@return its exit status, or minus the number of the signal that has killed it} */
    public int returnCode() {
        return returnCode;
    }

    /** {@return what it has written to standard output; nothing, if that is not a pipe} Not a copy. */
    public byte[] stdout() {
        return stdout;
    }

    /** {@return what it has written to standard error; nothing, if that is not a pipe} Not a copy. */
    public byte[] stderr() {
        return stderr;
    }

    /** {@return what it has written to standard output, as text; in UTF-8, if the options say nothing else} */
    public String stdoutText() {
        return new String(stdout, charset);
    }

    /** {@return what it has written to standard error, as text; in UTF-8, if the options say nothing else} */
    public String stderrText() {
        return new String(stderr, charset);
    }

    /** {@return what it was, how it ended, and how much it wrote} */
    @Override
    public String toString() {
        return "CompletedProcess[" + name + ", " + SignalNames.describe(returnCode) + ", " + stdout.length
                + " bytes of output, " + stderr.length + " of errors]";
    }
}
