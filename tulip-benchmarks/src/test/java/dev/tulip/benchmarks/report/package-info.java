/** Tests of tables and charts. */
@NullMarked
package dev.tulip.benchmarks.report;

import org.jspecify.annotations.NullMarked;
