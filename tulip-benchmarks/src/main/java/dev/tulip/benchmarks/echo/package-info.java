/**
 * What a request costs a whole server process: {@code ./tulip bench echo}, and how that grows: {@code ./tulip bench
 * growth}.
 *
 * <p>{@link dev.tulip.benchmarks.echo.EchoBench} runs the rounds; each run is a fresh server, one of {@code Contenders},
 * and a fresh {@code LoadGenerator}. The servers are in the package beside this.
 */
@NullMarked
package dev.tulip.benchmarks.echo;

import org.jspecify.annotations.NullMarked;
