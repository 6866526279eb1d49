/** The audit trail: every event as an entry that a person can read. */
@NullMarked
package io.keyledger.query.audit;

import org.jspecify.annotations.NullMarked;
