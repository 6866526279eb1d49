package io.keyledger.query;

import java.sql.Types;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.SqlParameterValue;

/** Writes rows of one table, many by one statement: as arrays, a column each, for PostgreSQL's {@code unnest}. */
public final class RowWriter<R> {

    private static final int AT_ONCE = 5_000;

    /**
     * @param type of the array's elements
     * @param sqlType the same for JDBC
     * @param cast to the column's own type, where there is no array of that
     */
    private record Column<R>(
            String name,
            String type,
            int sqlType,
            String cast,
            Function<R, ? extends @Nullable Object> value,
            IntFunction<@Nullable Object[]> array) {

        @Nullable
        Object[] values(List<R> rows) {
            return rows.stream().map(value).toArray(array);
        }

        /** With its type, so that one that is null needs no statement of its own. */
        SqlParameterValue value(R row) {
            return new SqlParameterValue(sqlType, value.apply(row));
        }
    }

    private final String table;
    private final List<String> key;
    private final List<Column<R>> columns = new ArrayList<>();
    private @Nullable String owner;
    private @Nullable Sql sql;

    /** Statements for the rows of one array a column, and one for a single row: arrays are planned each time. */
    private record Sql(String insert, String upsert, String upsertOne, String delete) {}

    /**
     * @param table with its schema, {@code projection.token}
     * @param key the columns of its primary key
     */
    public RowWriter(String table, String... key) {
        this.table = table;
        this.key = List.of(key);
    }

    public RowWriter<R> text(String name, Function<R, @Nullable String> value) {
        return column(name, "text", Types.VARCHAR, "", value, String[]::new);
    }

    /** A text that says whose the row is: that never changes. */
    public RowWriter<R> owner(String name, Function<R, @Nullable String> value) {
        owner = name;
        return text(name, value);
    }

    /** Arrays of arrays have to be of one length, so each is a text. */
    public RowWriter<R> texts(String name, Function<R, @Nullable List<String>> value) {
        return column(
                name,
                "text",
                Types.VARCHAR,
                "::text[]",
                row -> {
                    var list = value.apply(row);
                    return list == null ? null : literal(list);
                },
                String[]::new);
    }

    public RowWriter<R> instant(String name, Function<R, @Nullable Instant> value) {
        return column(
                name,
                "text",
                Types.VARCHAR,
                "::timestamptz",
                row -> {
                    var instant = value.apply(row);
                    return instant == null ? null : instant.toString();
                },
                String[]::new);
    }

    public RowWriter<R> flag(String name, Function<R, @Nullable Boolean> value) {
        return column(name, "boolean", Types.BOOLEAN, "", value, Boolean[]::new);
    }

    public RowWriter<R> integer(String name, Function<R, @Nullable Integer> value) {
        return column(name, "integer", Types.INTEGER, "", value, Integer[]::new);
    }

    public RowWriter<R> number(String name, Function<R, @Nullable Long> value) {
        return column(name, "bigint", Types.BIGINT, "", value, Long[]::new);
    }

    public RowWriter<R> bytes(String name, Function<R, byte @Nullable []> value) {
        return column(name, "bytea", Types.BINARY, "", value, byte[][]::new);
    }

    private RowWriter<R> column(
            String name,
            String type,
            int sqlType,
            String cast,
            Function<R, ? extends @Nullable Object> value,
            IntFunction<@Nullable Object[]> array) {
        columns.add(new Column<>(name, type, sqlType, cast, value, array));
        return this;
    }

    private static String literal(Collection<String> elements) {
        return elements.stream()
                .map(element -> '"' + element.replace("\\", "\\\\").replace("\"", "\\\"") + '"')
                .collect(Collectors.joining(",", "{", "}"));
    }

    /**
     * Makes the rows what these are.
     *
     * @param stored which of them may be there
     * @throws IllegalStateException when one of them is somebody else's already
     */
    public void write(List<R> rows, Predicate<R> stored, Tables tables) {
        if (tables.areLive()) {
            inPieces(rows, piece -> upsert(piece, tables));
        } else {
            // Nobody reads these yet. Where all that changes is gone first, no new row meets the name of an old one.
            delete(rows.stream().filter(stored).toList(), tables);
            insert(rows, tables);
        }
    }

    private static <R> void inPieces(List<R> rows, Consumer<List<R>> write) {
        for (var from = 0; from < rows.size(); from += AT_ONCE) {
            write.accept(rows.subList(from, Math.min(rows.size(), from + AT_ONCE)));
        }
    }

    private void upsert(List<R> rows, Tables tables) {
        var written = rows.size() == 1
                ? tables.sql(sql().upsertOne())
                        .params(columns.stream()
                                .map(column -> column.value(rows.getFirst()))
                                .toList())
                        .update()
                : tables.sql(sql().upsert()).params(values(columns, rows)).update();
        if (written != rows.size()) {
            throw new IllegalStateException("one of the rows is another's already: " + table);
        }
    }

    /** Adds rows of which none is there. */
    public void insert(List<R> rows, Tables tables) {
        inPieces(
                rows,
                piece -> tables.sql(sql().insert())
                        .params(values(columns, piece))
                        .update());
    }

    /** Removes those that are there. */
    public void delete(List<R> rows, Tables tables) {
        inPieces(
                rows,
                piece -> tables.sql(sql().delete())
                        .params(values(ofKey(), piece))
                        .update());
    }

    private List<Column<R>> ofKey() {
        return columns.stream().filter(column -> key.contains(column.name())).toList();
    }

    /** Made at the first use, when it has all its columns; whoever makes it once more makes the same. */
    private Sql sql() {
        var known = sql;
        if (known == null) {
            known = new Sql(insertSql(), insertSql() + onConflictSql(), insertOneSql() + onConflictSql(), deleteSql());
            sql = known;
        }
        return known;
    }

    private String insertSql() {
        var names = columns.stream().map(Column::name).collect(Collectors.joining(", "));
        return "insert into %s as t (%s) select %s from unnest(%s) as n (%s)"
                .formatted(
                        table,
                        names,
                        columns.stream()
                                .map(column -> column.name() + column.cast())
                                .collect(Collectors.joining(", ")),
                        arrays(columns),
                        names);
    }

    private String insertOneSql() {
        return "insert into %s as t (%s) values (%s)"
                .formatted(
                        table,
                        columns.stream().map(Column::name).collect(Collectors.joining(", ")),
                        columns.stream()
                                .map(column -> "?::" + column.type() + column.cast())
                                .collect(Collectors.joining(", ")));
    }

    private String onConflictSql() {
        var others = columns.stream()
                .map(Column::name)
                .filter(name -> !key.contains(name))
                .toList();
        return " on conflict (%s) do update set (%s) = row(excluded.%s)%s"
                .formatted(
                        String.join(", ", key),
                        String.join(", ", others),
                        String.join(", excluded.", others),
                        owner == null ? "" : " where t.%1$s = excluded.%1$s".formatted(owner));
    }

    private String deleteSql() {
        return "delete from %s t using unnest(%s) as n (%s) where %s"
                .formatted(
                        table,
                        arrays(ofKey()),
                        String.join(", ", key),
                        key.stream().map("t.%1$s = n.%1$s"::formatted).collect(Collectors.joining(" and ")));
    }

    private static <R> String arrays(List<Column<R>> columns) {
        return columns.stream().map(column -> "?::" + column.type() + "[]").collect(Collectors.joining(", "));
    }

    private static <R> List<Object> values(List<Column<R>> columns, List<R> rows) {
        return columns.stream().map(column -> (Object) column.values(rows)).toList();
    }
}
