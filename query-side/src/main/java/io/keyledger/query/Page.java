package io.keyledger.query;

import io.keyledger.api.Refusal;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The rows of one page, cut out of a list that was read one row further, to know whether there is more.
 *
 * @param more whether another page follows
 */
public record Page<T>(List<T> rows, boolean more) {

    public static final int DEFAULT_LIMIT = 50;

    private static final int MAXIMUM_LIMIT = 100;

    /** Refuses a page of no rows, and one that is too large. */
    public static void checkLimit(int limit) {
        if (limit < 1 || limit > MAXIMUM_LIMIT) {
            throw invalidLimit();
        }
    }

    static Refusal invalidLimit() {
        return new Refusal.Malformed("invalid_limit", "limit is a number from 1 to %d.".formatted(MAXIMUM_LIMIT));
    }

    /** @param rows at most {@code limit + 1} */
    public static <T> Page<T> of(List<T> rows, int limit) {
        return rows.size() > limit ? new Page<>(rows.subList(0, limit), true) : new Page<>(rows, false);
    }

    /** The cursor behind the last row; absent on the last page. */
    public @Nullable String nextCursor(Function<T, String> cursorBehind) {
        return more ? cursorBehind.apply(rows.getLast()) : null;
    }
}
