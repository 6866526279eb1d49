package io.keyledger.server.backup;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The half of an archive that is not the log: a header, a line for each row, and a last line that says how many there were.
 * Nothing in it opens without the master key, except that password hashes stand as in the database.
 */
final class StateFile {

    private static final String FORMAT = "keyledger-state/1";
    private static final int ROWS_AT_ONCE = 500;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private StateFile() {}

    /**
     * The first line.
     *
     * @param schema version of the database's schema
     * @param masterKey fingerprint of the key that the data keys are wrapped with
     */
    record Header(String format, String schema, String masterKey) {

        Header(String schema, String masterKey) {
            this(FORMAT, schema, masterKey);
        }
    }

    static void write(Writer out, Header header, StateTables tables) throws IOException {
        out.append(JSON.writeValueAsString(header)).append('\n');
        var count = new long[1];
        tables.read((table, row) -> {
            out.append("{\"table\":\"")
                    .append(table)
                    .append("\",\"row\":")
                    .append(row)
                    .append("}\n");
            count[0]++;
        });
        var end = new LinkedHashMap<String, Object>();
        end.put("rows", count[0]);
        out.append(JSON.writeValueAsString(end)).append('\n');
    }

    /**
     * Puts the rows in place of those that are there.
     *
     * @param expected what the database is, which the file must be made for
     * @param progress is told how many rows were read
     * @throws ArchiveProblem when it is none, or not for this database, or not whole
     */
    static void read(BufferedReader in, Header expected, StateTables tables, LongConsumer progress) throws IOException {
        look(in, expected);
        tables.clear();
        var table = "";
        var rows = new ArrayList<String>();
        var count = 0L;
        while (true) {
            var line = json(in.readLine());
            if (line.has("rows")) {
                add(tables, table, rows);
                if (line.path("rows").asLong() != count || in.readLine() != null) {
                    throw cutOff();
                }
                return;
            }
            var next = line.path("table").asString("");
            if (!next.equals(table) || rows.size() == ROWS_AT_ONCE) {
                add(tables, table, rows);
                table = next;
                progress.accept(count);
            }
            rows.add(line.path("row").toString());
            count++;
        }
    }

    /**
     * Reads how it begins.
     *
     * @throws ArchiveProblem when it is none, or not for this database
     */
    static void look(BufferedReader in, Header expected) throws IOException {
        check(json(in.readLine()), expected);
    }

    private static void add(StateTables tables, String table, List<String> rows) {
        if (!rows.isEmpty()) {
            tables.add(table, rows);
            rows.clear();
        }
    }

    private static void check(JsonNode header, Header expected) {
        if (!header.path("format").asString("").equals(FORMAT)) {
            throw new ArchiveProblem("state.ndjson is none that \"keyledger events export\" has written.");
        }
        var schema = header.path("schema").asString("");
        if (!schema.equals(expected.schema())) {
            throw new ArchiveProblem(
                    "The archive is of schema version %s, this database of %s: use the version of Keyledger that wrote it, and upgrade after."
                            .formatted(schema, expected.schema()));
        }
        if (!header.path("masterKey").asString("").equals(expected.masterKey())) {
            throw new ArchiveProblem(
                    "The archive was written under another master key. Start with that one (KEYLEDGER_MASTER_KEY, or"
                            + " the file master-key of the data directory).");
        }
    }

    private static JsonNode json(@Nullable String line) {
        if (line == null) {
            throw cutOff();
        }
        try {
            return JSON.readTree(line);
        } catch (JacksonException e) {
            // Not told: it quotes the line.
            throw cutOff();
        }
    }

    private static ArchiveProblem cutOff() {
        return new ArchiveProblem("state.ndjson was cut off or altered. Use another copy of the archive.");
    }
}
