/** The projections of this process: how they run, how they are, and how they are built anew while they serve. */
@NullMarked
package io.keyledger.server.projections;

import org.jspecify.annotations.NullMarked;
