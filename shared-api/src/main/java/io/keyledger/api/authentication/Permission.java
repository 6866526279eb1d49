package io.keyledger.api.authentication;

import io.swagger.v3.oas.annotations.media.Schema;
import java.util.regex.Pattern;

/**
 * Something that a token may be allowed to do.
 *
 * @param name as it stands in tokens and requests, for example {@code tokens:read}
 * @param description one sentence for the person who ticks it
 * @param administratorsOnly whether only administrators hold it and may grant it
 */
@Schema(name = "Permission")
public record Permission(String name, String description, boolean administratorsOnly) {

    public static final String TOKENS_READ = "tokens:read";
    public static final String TOKENS_WRITE = "tokens:write";
    public static final String AUDIT_READ = "audit:read";
    public static final String INTROSPECT = "introspect";
    public static final String ACCOUNTS_PROVISION = "accounts:provision";

    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9._-]{0,49}(:[a-z][a-z0-9._-]{0,49})?");

    /** Whether there can be a permission of this name. */
    public static boolean isName(String text) {
        return NAME.matcher(text).matches();
    }
}
