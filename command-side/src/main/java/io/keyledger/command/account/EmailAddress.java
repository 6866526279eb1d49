package io.keyledger.command.account;

import io.keyledger.api.Refusal.FieldError;
import io.keyledger.api.TextRules;
import java.text.Normalizer;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What an account is signed in with. Checked for its form only; the address need not receive mail. */
final class EmailAddress {

    /** Something, one @, something, no white space: more would refuse addresses that work (RFC 6531). */
    private static final Pattern FORM = Pattern.compile("[^\\s@]+@[^\\s@]+");

    private EmailAddress() {}

    static String check(List<FieldError> errors, @Nullable String email) {
        var count = errors.size();
        // RFC 5321, 4.5.3.1.3: a path has at most 256 octets, two of them the angle brackets.
        var text = TextRules.check(errors, "email", email, 1, 254, false);
        if (errors.size() == count && !FORM.matcher(text).matches()) {
            errors.add(new FieldError("email", "invalid_email", "Give an address such as name@example.org."));
        }
        return text;
    }

    /** By what addresses are compared: no two accounts differ in case alone. */
    static String key(String email) {
        return Normalizer.normalize(email.strip(), Normalizer.Form.NFC).toLowerCase(Locale.ROOT);
    }
}
