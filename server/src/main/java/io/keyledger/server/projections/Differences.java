package io.keyledger.server.projections;

import java.util.List;
import java.util.stream.Collectors;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Compares a live table with its counterpart, row by row and within the database. */
final class Differences {

    private Differences() {}

    /** @param name quoted where SQL wants it */
    private record Column(String name, boolean key) {

        String literal() {
            return name.startsWith("\"") ? "'" + name.substring(1, name.length() - 1) + "'" : "'" + name + "'";
        }
    }

    /** Records every row that is not the same in both, as the transaction under way sees them. */
    static void record(String projection, String table, JdbcClient jdbc) {
        var columns = columns(table, jdbc);
        var keyColumns = columns.stream().filter(Column::key).toList();
        var otherColumns = columns.stream().filter(column -> !column.key()).toList();
        var keys = keyColumns.stream().map(Column::name).toList();
        var others = otherColumns.stream().map(Column::name).toList();
        // Names are those of the catalogue.
        var sql = """
            insert into state.projection_difference (projection, table_name, key, kind, columns)
            select :projection, :table, jsonb_build_object(%s),
                case when l.%s is null then 'missing' when s.%s is null then 'extra' else 'different' end,
                case when l.%3$s is null or s.%3$s is null then '{}' else array_remove(array[%s]::text[], null) end
            from projection.%s l full join shadow.%5$s s on %s
            where l.%3$s is null or s.%3$s is null%s
            order by %s\
            """.formatted(
                keyColumns.stream()
                        .map(key -> "%2$s, coalesce(l.%1$s, s.%1$s)".formatted(key.name(), key.literal()))
                        .collect(Collectors.joining(", ")),
                keys.getFirst(),
                keys.getFirst(),
                otherColumns.stream()
                        .map(other -> "case when l.%1$s is distinct from s.%1$s then %2$s end"
                                .formatted(other.name(), other.literal()))
                        .collect(Collectors.joining(", ")),
                table,
                keys.stream().map(key -> "l.%1$s = s.%1$s".formatted(key)).collect(Collectors.joining(" and ")),
                others.isEmpty()
                        ? ""
                        : " or (%s) is distinct from (%s)".formatted(prefixed("l", others), prefixed("s", others)),
                keys.stream()
                        .map(key -> "coalesce(l.%1$s, s.%1$s)".formatted(key))
                        .collect(Collectors.joining(", ")));
        jdbc.sql(sql).param("projection", projection).param("table", table).update();
    }

    private static String prefixed(String alias, List<String> columns) {
        return columns.stream().map(name -> alias + "." + name).collect(Collectors.joining(", "));
    }

    private static List<Column> columns(String table, JdbcClient jdbc) {
        return jdbc.sql("""
            select quote_ident(a.attname) as name, a.attnum = any (i.indkey) as key
            from pg_class c
                join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
                join pg_index i on i.indrelid = c.oid and i.indisprimary
            where c.relnamespace = 'projection'::regnamespace and c.relname = :table
            order by a.attnum\
            """)
                .param("table", table)
                .query((row, _) -> new Column(row.getString("name"), row.getBoolean("key")))
                .list();
    }
}
