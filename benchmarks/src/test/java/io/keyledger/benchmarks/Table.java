package io.keyledger.benchmarks;

import static java.util.stream.Collectors.joining;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** What came out, in Markdown. */
final class Table {

    private static final String BEGIN = "<!-- the last table: written by benchmarks/run.sh -->\n";
    private static final String END = "<!-- end of the last table -->\n";

    private static final Pattern TABLE_END = Pattern.compile("(?<=\\|\n)\n+");

    private final List<String> lines = new ArrayList<>();
    private final Set<String> parts = new HashSet<>();
    private final Map<String, Double> stolen = new LinkedHashMap<>();
    private String head = "";
    private String part = "";
    private int thrownAway;
    private int kept;

    /** What a figure has to be. */
    record Target(String text, boolean reached) {

        static Target atLeast(double value, double limit, String unit) {
            return new Target("at least " + number(limit) + unit, value >= limit);
        }

        static Target atMost(double value, double limit, String unit) {
            return new Target("at most " + number(limit) + unit, value <= limit);
        }

        private static String number(double value) {
            return value == Math.rint(value) ? "%.0f".formatted(value) : "%.1f".formatted(value);
        }
    }

    /** @param text machine, date, versions and command */
    void head(String text) {
        head = text;
    }

    /** What comes now belongs to this part. */
    void part(String name) {
        part = name;
        parts.add(name);
    }

    /** Rounds in which time was stolen. */
    void add(int thrownAway, int kept) {
        this.thrownAway += thrownAway;
        this.kept += kept;
    }

    /** The share of the machine's CPU time that it did not get during something that has no rounds to throw away. */
    void stolen(String during, double share) {
        stolen.put(during, share);
    }

    /** A figure beside another one, without a target. */
    void row(String what, String measured, String reference, String ratio) {
        line(what, measured, reference, ratio, "", "");
    }

    void row(String what, String measured, String reference, String ratio, Target target) {
        line(what, measured, reference, ratio, target.text(), target.reached() ? "reached" : "**missed**");
    }

    void notMeasured(String what, String why) {
        line(what, "not measured: " + why, "", "", "", "");
    }

    private void line(String... cells) {
        lines.add("| %s | %s |".formatted(part, String.join(" | ", cells).replace('\n', ' ')));
        System.err.println(lines.getLast());
    }

    static String times(double ratio) {
        return String.format(Locale.ROOT, ratio < 10 ? "%.2f×" : "%.1f×", ratio);
    }

    static String percent(double ratio) {
        return String.format(Locale.ROOT, "%.1f %%", 100 * ratio);
    }

    String markdown() {
        return """
            %s
            Medians. More than %.0f %% of the CPU time were stolen in %d rounds that were thrown away, and in %d that were \
            kept, because too many had been thrown away.%s

            | Part | What | Measured | Against | Ratio | To reach | |
            | --- | --- | --- | --- | --- | --- | --- |
            %s
            """.formatted(head, 100 * Rounds.MOST_STOLEN, thrownAway, kept, stolen(), String.join("\n", lines));
    }

    private String stolen() {
        return stolen.isEmpty()
                ? ""
                : stolen.entrySet().stream()
                        .map(one -> percent(one.getValue()) + " during " + one.getKey())
                        .collect(joining(", ", " Where there are no rounds, so much was stolen: ", "."));
    }

    /** Puts it where the last one stands, whose rows of other parts stay, below it. */
    void write(Path file) throws IOException {
        var text = Files.readString(file);
        var begin = text.indexOf(BEGIN) + BEGIN.length();
        var end = text.indexOf(END);
        if (begin < BEGIN.length() || end < begin) {
            throw new IllegalStateException(file + " has no place for the table");
        }
        var others = TABLE_END
                .splitAsStream(text.substring(begin, end).strip())
                .map(this::withoutOurParts)
                .collect(joining());
        Files.writeString(file, text.substring(0, begin) + "\n" + markdown() + others + "\n" + text.substring(end));
    }

    /** An earlier run's table and what is said above it; nothing where all its parts were measured now. */
    private String withoutOurParts(String earlier) {
        var rest = earlier.lines()
                .filter(line -> !line.startsWith("| ") || !parts.contains(line.split(" \\| ", -1)[0].substring(2)))
                .toList();
        var headings = 2;
        return rest.stream().filter(line -> line.startsWith("| ")).count() == headings
                ? ""
                : "\n" + String.join("\n", rest) + "\n";
    }
}
