/**
 * Echo servers, each a program that its users would write: what {@code ./tulip bench echo} measures.
 *
 * <p>Their first argument is the size in bytes of the buffer of a connection, where there is one: it holds a whole
 * message. The second, if there is one, is a key store: then they speak TLS 1.3. They print {@code listening on PORT} and
 * go on until they are killed. The one in Kotlin is {@code KtorServer.kt}; those in C, Go and Python are resources.
 */
@NullMarked
package dev.tulip.benchmarks.servers;

import org.jspecify.annotations.NullMarked;
