package io.keyledger.query;

import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Turns rows into arrays, a column each, so that one statement writes all of them: PostgreSQL's {@code unnest}. */
public final class Columns {

    private Columns() {}

    public static <R> @Nullable String[] texts(List<R> rows, Function<R, @Nullable String> column) {
        var texts = new @Nullable String[rows.size()];
        for (var i = 0; i < texts.length; i++) {
            texts[i] = column.apply(rows.get(i));
        }
        return texts;
    }

    /** To be cast to {@code timestamptz}. */
    public static <R> @Nullable String[] instants(List<R> rows, Function<R, @Nullable Instant> column) {
        return texts(rows, row -> {
            var instant = column.apply(row);
            return instant == null ? null : instant.toString();
        });
    }

    /** To be cast to {@code text[]}, because arrays of arrays have to be of one length. */
    public static <R> @Nullable String[] lists(List<R> rows, Function<R, @Nullable List<String>> column) {
        return texts(rows, row -> {
            var list = column.apply(row);
            return list == null ? null : literal(list);
        });
    }

    private static String literal(Collection<String> elements) {
        return elements.stream()
                .map(element -> '"' + element.replace("\\", "\\\\").replace("\"", "\\\"") + '"')
                .collect(Collectors.joining(",", "{", "}"));
    }

    public static <R> Long[] longs(List<R> rows, Function<R, Long> column) {
        return rows.stream().map(column).toArray(Long[]::new);
    }

    public static <R> Boolean[] booleans(List<R> rows, Function<R, Boolean> column) {
        return rows.stream().map(column).toArray(Boolean[]::new);
    }

    public static <R> byte[][] bytes(List<R> rows, Function<R, byte[]> column) {
        return rows.stream().map(column).toArray(byte[][]::new);
    }
}
