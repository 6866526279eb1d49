/** What every event says about its origin. */
@NullMarked
package io.keyledger.command.audit;

import org.jspecify.annotations.NullMarked;
