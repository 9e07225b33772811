/** The front door: {@link dev.tulip.Tulip}, what {@code asyncio.} is in Python. */
@NullMarked
package dev.tulip;

import org.jspecify.annotations.NullMarked;
