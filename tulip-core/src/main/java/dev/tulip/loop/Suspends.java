package dev.tulip.loop;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a method that may suspend the calling task, so that other tasks run before it returns.
 *
 * <p>Call it from a task only; elsewhere it throws {@link IllegalStateException}. It does not suspend if what it
 * waits for is there. It throws {@link CancelledError} if the task is cancelled while it waits; its documentation
 * says what is left behind then.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Suspends {}
