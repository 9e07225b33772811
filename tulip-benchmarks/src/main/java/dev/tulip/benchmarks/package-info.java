/**
 * What a step costs, beside what it costs elsewhere: one class for each question, with all its contenders.
 *
 * <p>{@link dev.tulip.benchmarks.Settings} says how they are run. The rivals written in Kotlin are in
 * {@code KotlinRivals.kt} and {@code KotlinEventLoop.kt}. What a request costs a whole process is in
 * {@link dev.tulip.benchmarks.echo}.
 */
@NullMarked
package dev.tulip.benchmarks;

import org.jspecify.annotations.NullMarked;
