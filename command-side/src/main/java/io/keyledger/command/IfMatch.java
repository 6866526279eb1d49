package io.keyledger.command;

import io.keyledger.api.Refusal;
import java.util.regex.Pattern;
import org.axonframework.modelling.command.AggregateLifecycle;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;

/**
 * {@code If-Match} (RFC 9110, section 13.1.1): a change is made only to the version that the caller has seen. The
 * entity tag is the version in quotes.
 */
public final class IfMatch {

    /** Name of the wanted version in a command's metadata. */
    public static final String METADATA = "ifMatch";

    private static final Pattern VERSION = Pattern.compile("\"(0|[1-9][0-9]{0,17})\"");

    private IfMatch() {}

    /**
     * The version that a request asks for.
     *
     * @param request its headers
     * @return absent: any version, also for {@code *}; a tag that cannot be ours matches no version: -1
     */
    public static @Nullable Long parse(HttpHeaders request) {
        // Not by its splitting into a list: that takes an empty header for none, and so for any version.
        var headers = request.get(HttpHeaders.IF_MATCH);
        if (headers == null) {
            return null;
        }
        if (headers.size() != 1) {
            throw malformed();
        }
        var tag = headers.getFirst().strip();
        if (tag.equals("*")) {
            return null;
        }
        var version = VERSION.matcher(tag);
        if (version.matches()) {
            return Long.valueOf(version.group(1));
        }
        if (tag.matches("(W/)?\"[\\x21\\x23-\\x7e\\x80-\\xff]*\"")) {
            return -1L;
        }
        throw malformed();
    }

    public static String tag(long version) {
        return "\"" + version + "\"";
    }

    /** Called inside an aggregate's command handling. */
    public static void check(@Nullable Long version) {
        if (version != null) {
            check(version, AggregateLifecycle.getVersion());
        }
    }

    /** For an answer that changes nothing. */
    public static void check(@Nullable Long wanted, long version) {
        if (wanted != null && wanted != version) {
            throw stale();
        }
    }

    static Refusal stale() {
        return new Refusal.Stale(
                "version_mismatch", "It was changed since you read it. Read it again, then decide what to change.");
    }

    private static Refusal malformed() {
        return new Refusal.Malformed(
                "invalid_if_match", "Send one If-Match with one entity tag as you received it, for example \"3\".");
    }
}
