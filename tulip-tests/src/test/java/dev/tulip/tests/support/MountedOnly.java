package dev.tulip.tests.support;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;

/**
 * A test for the mounted engine alone: calls of the JDK that wait suspend the task only. Decision D2 names the
 * difference.
 */
@Tag("mounted")
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.METHOD, ElementType.TYPE})
public @interface MountedOnly {}
