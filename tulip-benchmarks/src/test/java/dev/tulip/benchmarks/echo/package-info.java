/** Tests of the whole-process benchmarks. */
@NullMarked
package dev.tulip.benchmarks.echo;

import org.jspecify.annotations.NullMarked;
