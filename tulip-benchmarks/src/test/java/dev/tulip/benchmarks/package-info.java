/** The harness of the benchmarks is tested here; what it measures is tested elsewhere. */
@NullMarked
package dev.tulip.benchmarks;

import org.jspecify.annotations.NullMarked;
