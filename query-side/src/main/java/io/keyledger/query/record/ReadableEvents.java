package io.keyledger.query.record;

import tools.jackson.databind.JsonNode;

/** Knows what events mean, so that what people read of one can be compared with what the record holds. */
@FunctionalInterface
public interface ReadableEvents {

    /** What came of comparing. */
    sealed interface Comparison {
        /** All that stands in clear in the record is told as it is there. */
        record Same() implements Comparison {}

        /** @param field that says something else */
        record Different(String field) implements Comparison {}

        /** The event is of a kind, or a revision, that this version does not know. */
        record Unknown() implements Comparison {}
    }

    /** @param readable as the API tells it */
    Comparison compare(LeafEntry entry, JsonNode readable);
}
