/** Messages about the audit trail. */
@NullMarked
package io.keyledger.api.audit;

import org.jspecify.annotations.NullMarked;
