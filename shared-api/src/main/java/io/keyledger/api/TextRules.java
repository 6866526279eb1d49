package io.keyledger.api;

import io.keyledger.api.Refusal.FieldError;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What text of a request may be: one place for lengths and characters. Lengths count code points. */
public final class TextRules {

    private static final int SHOWN = 100;

    private TextRules() {}

    /**
     * Adds an error unless the text, without the white space around it, has between {@code min} and {@code max} code
     * points and no control characters (other than line breaks and tabs where {@code multiline}).
     *
     * @return the text without the white space around it; empty when absent
     */
    public static String check(
            List<FieldError> errors, String field, @Nullable String text, int min, int max, boolean multiline) {
        var stripped = text == null ? "" : text.strip();
        var length = stripped.codePointCount(0, stripped.length());
        if (length < min || (min > 0 && stripped.codePoints().noneMatch(TextRules::isVisible))) {
            errors.add(new FieldError(
                    field, "required", "Give at least %d character%s.".formatted(min, min == 1 ? "" : "s")));
        } else if (length > max) {
            errors.add(new FieldError(field, "too_long", "Give at most %d characters.".formatted(max)));
        }
        if (stripped.codePoints().anyMatch(c -> isForbidden(c, multiline))) {
            errors.add(new FieldError(field, "invalid_characters", "Control characters are not allowed."));
        }
        return stripped;
    }

    /** What a refusal repeats of a request: at most 100 code points, so that it does not grow with the request. */
    public static String shortened(String text) {
        return text.codePointCount(0, text.length()) > SHOWN
                ? text.substring(0, text.offsetByCodePoints(0, SHOWN)) + "…"
                : text;
    }

    /** A name of nothing but zero-width characters and blanks would look like none. */
    private static boolean isVisible(int c) {
        return switch (Character.getType(c)) {
            case Character.FORMAT, Character.SPACE_SEPARATOR, Character.NON_SPACING_MARK, Character.ENCLOSING_MARK ->
                false;
            // Letters and a symbol by their category, blank by their glyph: Hangul fillers, the empty Braille pattern.
            default -> c != 0x115F && c != 0x1160 && c != 0x3164 && c != 0xFFA0 && c != 0x2800;
        };
    }

    private static boolean isForbidden(int c, boolean multiline) {
        return switch (Character.getType(c)) {
            case Character.CONTROL -> !(multiline && (c == '\n' || c == '\r' || c == '\t'));
            case Character.SURROGATE, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> true;
            // Bidirectional overrides make a name show as another one.
            case Character.FORMAT -> (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
            default -> false;
        };
    }
}
