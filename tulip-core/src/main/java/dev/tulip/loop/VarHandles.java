package dev.tulip.loop;

import java.lang.invoke.MethodHandles.Lookup;
import java.lang.invoke.VarHandle;

/** Finds a class's own fields for atomic access. */
final class VarHandles {
    private VarHandles() {}

    /** {@return the handle of the field {@code name} of the class that {@code lookup} was made in} */
    static VarHandle of(Lookup lookup, String name, Class<?> type) {
        try {
            return lookup.findVarHandle(lookup.lookupClass(), name, type);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }
}
