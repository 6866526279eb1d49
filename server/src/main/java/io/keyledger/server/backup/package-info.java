/** Archives: writing all that must be kept into a file, and bringing a database to where an archive is. */
@NullMarked
package io.keyledger.server.backup;

import org.jspecify.annotations.NullMarked;
