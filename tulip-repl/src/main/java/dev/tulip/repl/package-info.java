/** The console that {@code ./tulip repl} starts: JShell, whose statements are tasks of a running loop. */
@NullMarked
package dev.tulip.repl;

import org.jspecify.annotations.NullMarked;
