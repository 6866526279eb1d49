package io.keyledger.server.pages;

import java.util.ArrayList;
import java.util.List;

/**
 * Texts with names in them, so that a page can set the names off: a token may be called {@code ci” and created “x}, and
 * must not look like a sentence.
 */
final class Parts {

    /** Around a name, in a text that is to be taken apart; never shown. */
    private static final char BEGIN = '\uE000';

    private static final char END = '\uE001';

    private Parts() {}

    /** @param name whether it is one, or a value; otherwise it is the sentence around */
    record Part(String text, boolean name) {}

    /** Marks a name that becomes a part of a text. */
    static String mark(String name) {
        return BEGIN + name.replace(BEGIN, ' ').replace(END, ' ') + END;
    }

    /** Takes apart a text with marked names. */
    static List<Part> of(String text) {
        var parts = new ArrayList<Part>();
        var from = 0;
        while (from < text.length()) {
            var name = text.charAt(from) == BEGIN;
            var to = text.indexOf(name ? END : BEGIN, from);
            to = to < 0 ? text.length() : to;
            parts.add(new Part(text.substring(name ? from + 1 : from, to), name));
            from = name ? to + 1 : to;
        }
        return parts;
    }
}
