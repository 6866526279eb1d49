/** What every message of the service shares: refusals, event names, permissions of the caller. */
@NullMarked
package io.keyledger.api;

import org.jspecify.annotations.NullMarked;
