/** Tables, charts, and what a measurement was made on. */
@NullMarked
package dev.tulip.benchmarks.report;

import org.jspecify.annotations.NullMarked;
