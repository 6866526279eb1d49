/** The database: connections, clock, keys, migrations and start-up. */
@NullMarked
package io.keyledger.server.database;

import org.jspecify.annotations.NullMarked;
