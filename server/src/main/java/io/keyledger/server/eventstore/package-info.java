/** How events are stored in PostgreSQL and read from it. */
@NullMarked
package io.keyledger.server.eventstore;

import org.jspecify.annotations.NullMarked;
