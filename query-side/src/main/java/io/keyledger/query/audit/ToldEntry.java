package io.keyledger.query.audit;

import io.keyledger.api.Event;
import io.keyledger.api.audit.AuditEvent;

/**
 * An entry of the trail as it is told.
 *
 * @param told as a person reads it
 * @param stored as it is stored; personal text in it is ciphertext
 */
public record ToldEntry(AuditEvent told, Event stored) {

    @Override
    public String toString() {
        return "ToldEntry[" + told.position() + "]";
    }
}
