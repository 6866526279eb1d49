package io.keyledger.query.audit;

import io.keyledger.api.audit.AuditEvent;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * The trail as CSV (RFC 4180: commas, CRLF, the names of the columns first, quotes around every cell), in UTF-8.
 *
 * <p>People choose what their tokens and programs are called, and somebody else opens the file in a spreadsheet. So what
 * it would take for a formula gets an apostrophe before it, as OWASP advises ("CSV Injection"). That holds within a cell
 * too, behind what separates cells and rows elsewhere: where the comma is a decimal sign, a spreadsheet parts at
 * semicolons, and quotes in the middle protect nothing.
 */
final class AuditCsv {

    static final String MEDIA_TYPE = "text/csv;charset=utf-8;header=present";

    /** Columns are never renamed, moved or removed; new ones come last. */
    static final List<String> COLUMNS = List.of(
            "position",
            "id",
            "occurredAt",
            "type",
            "actorType",
            "actorAccountId",
            "actorTokenId",
            "actorName",
            "targetType",
            "targetId",
            "targetName",
            "ipAddress",
            "userAgent",
            "correlationId",
            "details");

    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** What a spreadsheet may drop before a formula: white space, and quotes where it does not see that they are doubled. */
    private static final String DROPPED = "[\\s\"']*";

    /** The signs that a formula begins with, in full width too. */
    private static final String SIGN = "[=+\\-@＝＋－＠]";

    private static final Pattern BEGINS_A_FORMULA = Pattern.compile("^(?:[\\t\\r\\n]|" + DROPPED + SIGN + ")");
    private static final Pattern FORMULA_WITHIN = Pattern.compile("([;|\\t\\r\\n]" + DROPPED + ")(" + SIGN + ")");

    private AuditCsv() {}

    static void header(Appendable out) throws IOException {
        row(out, COLUMNS);
    }

    static void row(Appendable out, AuditEvent event) throws IOException {
        row(
                out,
                Arrays.asList(
                        Long.toString(event.position()),
                        event.id(),
                        event.occurredAt().toString(),
                        event.type(),
                        event.actor().type().toString(),
                        event.actor().accountId(),
                        event.actor().tokenId(),
                        event.actor().name(),
                        event.target().type(),
                        event.target().id(),
                        event.target().name(),
                        event.origin().ipAddress(),
                        event.origin().userAgent(),
                        event.correlationId(),
                        event.details().isEmpty() ? null : JSON.writeValueAsString(event.details())));
    }

    private static void row(Appendable out, List<? extends @Nullable String> cells) throws IOException {
        out.append(cells.stream().map(AuditCsv::cell).collect(Collectors.joining(",", "", "\r\n")));
    }

    /** Nothing at all where there is nothing. */
    private static String cell(@Nullable String text) {
        if (text == null) {
            return "";
        }
        var guarded = FORMULA_WITHIN.matcher(text).replaceAll("$1'$2");
        if (BEGINS_A_FORMULA.matcher(text).find()) {
            guarded = "'" + guarded;
        }
        return "\"" + guarded.replace("\"", "\"\"") + "\"";
    }
}
