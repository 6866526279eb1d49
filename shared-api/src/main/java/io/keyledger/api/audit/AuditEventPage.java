package io.keyledger.api.audit;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Some entries of the trail, newest first.
 *
 * @param nextCursor where the next page begins; absent on the last one
 */
public record AuditEventPage(
        List<AuditEvent> items, @Nullable String nextCursor) {}
