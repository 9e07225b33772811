package dev.tulip.loop;

/**
 * Thrown where a generator's body has yielded, when the generator is closed. Let it pass: clean up in {@code finally}
 * and do not catch it.
 *
 * <p>An {@link Error}, so that {@code catch (Exception e)} does not swallow it, as in Python, where it is a
 * {@code BaseException}.
 */
public final class GeneratorExit extends Error {
    private static final long serialVersionUID = 1L;

    GeneratorExit() {
        super(null, null, false, false); // nobody looks at its trace
    }
}
