/**
 * The PostgreSQL that the server brings along and runs as its own child process in the data directory, for
 * those who have not set up a database of their own.
 */
@NullMarked
package io.keyledger.server.postgresql;

import org.jspecify.annotations.NullMarked;
