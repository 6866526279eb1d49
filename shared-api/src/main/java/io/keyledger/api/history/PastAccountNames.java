package io.keyledger.api.history;

import java.util.Map;

/** What some accounts were called at a moment, by their ids; without those that were not there. */
public record PastAccountNames(Map<String, String> byId) {

    @Override
    public String toString() {
        return "PastAccountNames" + byId.keySet();
    }
}
