package io.keyledger.server.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;
import tools.jackson.databind.json.JsonMapper;

/** How data is printed: for people, or for programs. A mixin of every command that prints data. */
final class Output {

    @Option(names = "--json", description = "Print JSON, for programs.")
    private boolean json;

    @Spec(Target.MIXEE)
    private CommandSpec spec;

    boolean isJson() {
        return json;
    }

    PrintWriter out() {
        return spec.commandLine().getOut();
    }

    /** A line for people. */
    void line(String format, @Nullable Object... arguments) {
        out().printf(format + "%n", Arrays.stream(arguments).map(Output::safe).toArray());
    }

    /** One thing as JSON, on a line. */
    void value(JsonMapper mapper, Object value) {
        out().println(mapper.writeValueAsString(value));
    }

    /** A list: as one JSON array with a line for each, or as a table. Held until {@link Rows#end}, unless it is JSON. */
    Rows list(JsonMapper mapper, String... columns) {
        return json ? new JsonList(mapper) : new Table(columns);
    }

    /** A list that is being printed. */
    interface Rows {

        /**
         * @param value for programs
         * @param cells for people; null: nothing
         */
        void add(Object value, @Nullable Object... cells);

        void end();
    }

    private final class JsonList implements Rows {

        private final JsonMapper mapper;
        private String before = "[";

        JsonList(JsonMapper mapper) {
            this.mapper = mapper;
        }

        @Override
        public void add(Object value, @Nullable Object... cells) {
            out().println(before + mapper.writeValueAsString(value));
            before = ",";
        }

        @Override
        public void end() {
            out().println(before.equals("[") ? "[]" : "]");
        }
    }

    /** Columns as wide as what is in them, but printed in blocks, so that a list of any length needs little memory. */
    private final class Table implements Rows {

        private static final int BLOCK = 500;

        private final List<String[]> rows = new ArrayList<>();
        private final int[] widths;

        Table(String... columns) {
            widths = new int[columns.length];
            rows.add(columns);
        }

        @Override
        public void add(Object value, @Nullable Object... cells) {
            rows.add(Arrays.stream(cells)
                    .map(cell -> cell == null ? "" : String.valueOf(safe(cell)))
                    .toArray(String[]::new));
            if (rows.size() == BLOCK) {
                print();
            }
        }

        private void print() {
            rows.forEach(row -> IntStream.range(0, widths.length)
                    .forEach(column -> widths[column] = Math.max(widths[column], row[column].length())));
            rows.forEach(row -> out().println(IntStream.range(0, widths.length)
                    .mapToObj(column -> row[column] + " ".repeat(widths[column] - row[column].length()))
                    .collect(Collectors.joining("  "))
                    .stripTrailing()));
            rows.clear();
        }

        @Override
        public void end() {
            print();
        }
    }

    /** What somebody typed must not steer the terminal. */
    private static @Nullable Object safe(@Nullable Object value) {
        return value instanceof String text ? text.replaceAll("[\\p{Cntrl}\\p{Cf}]", "?") : value;
    }
}
