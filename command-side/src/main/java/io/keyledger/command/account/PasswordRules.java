package io.keyledger.command.account;

import static io.keyledger.command.account.PasswordLimits.MAX_LENGTH;
import static io.keyledger.command.account.PasswordLimits.MIN_LENGTH;
import static io.keyledger.command.account.PasswordLimits.MIN_LENGTH_WITHOUT_NAMES;
import static io.keyledger.command.account.PasswordLimits.MIN_NAME_LENGTH;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a new password must be, after NIST SP 800-63B-4: long, not a common one, not its owner's name. No rules about
 * kinds of characters and no estimate of strength: both refuse good passphrases.
 */
final class PasswordRules {

    private static final String OWN_SERVICE = "keyledger";

    /**
     * A rule that a new password breaks.
     *
     * @param code stable: password_too_short, password_too_long, password_too_common, password_contains_own_name or
     *     password_invalid_characters
     * @param message for people; says what to do and never repeats the password
     */
    record Violation(String code, String message) {}

    private PasswordRules() {}

    /** All rules the password breaks; empty when it may be used. */
    static List<Violation> violations(String newPassword, String email, String displayName) {
        var violations = new ArrayList<Violation>();
        var password = normalise(newPassword);
        var length = length(password);
        if (length < MIN_LENGTH) {
            violations.add(new Violation(
                    "password_too_short", "Use at least %d characters; a few words do.".formatted(MIN_LENGTH)));
        }
        if (length > MAX_LENGTH) {
            violations.add(new Violation("password_too_long", "Use at most %d characters.".formatted(MAX_LENGTH)));
        }
        if (!isText(newPassword)) {
            violations.add(new Violation(
                    "password_invalid_characters", "Use characters only: this holds a NUL or half a character."));
        }
        if (length <= MAX_LENGTH && CommonPasswords.include(password)) {
            violations.add(new Violation(
                    "password_too_common", "Use another one: this is among the passwords that are tried first."));
        }
        if (length <= MAX_LENGTH && isLittleMoreThanNames(password, email, displayName)) {
            violations.add(new Violation(
                    "password_contains_own_name",
                    "Add at least %d characters to your name, your email or the name of this service."
                            .formatted(MIN_LENGTH_WITHOUT_NAMES)));
        }
        return List.copyOf(violations);
    }

    /** NFKC, so that a password typed on another keyboard or system is the same one. Before every check and hash. */
    static String normalise(String password) {
        return Normalizer.normalize(password, Normalizer.Form.NFKC);
    }

    /** Whether it has no NUL and no lone surrogate, which UTF-8 cannot hold. */
    static boolean isText(String password) {
        return password.codePoints()
                .noneMatch(c -> c == 0 || (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE));
    }

    private static boolean isLittleMoreThanNames(String password, String email, String displayName) {
        var left = password;
        for (var name : names(email, displayName)) {
            left = Pattern.compile(Pattern.quote(name), Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE)
                    .matcher(left)
                    .replaceAll("");
        }
        return left.length() < password.length() && length(left) < MIN_LENGTH_WITHOUT_NAMES;
    }

    /** Longest first: the email goes as a whole, before its local part. */
    private static List<String> names(String email, String displayName) {
        var at = email.lastIndexOf('@');
        return Stream.of(email, at < 0 ? email : email.substring(0, at), displayName, OWN_SERVICE)
                .map(name -> normalise(name).strip())
                .filter(name -> length(name) >= MIN_NAME_LENGTH)
                .sorted(Comparator.comparingInt(String::length).reversed())
                .toList();
    }

    private static int length(String text) {
        return text.codePointCount(0, text.length());
    }

    /**
     * The 30,000 common passwords that come with zxcvbn, kept as the one text they are read from (240 KB): going
     * through it takes less than a thousandth of the hash that follows.
     */
    private static final class CommonPasswords {

        private static final String LIST = load();

        /** Whether it is a listed password, or nothing but one repeated: "passwordpassword", "123456789012345". */
        static boolean include(String password) {
            var folded = password.toLowerCase(Locale.ROOT);
            for (int start = 0, end; start < LIST.length(); start = end + 1) {
                end = LIST.indexOf('\n', start);
                if (isRepetition(folded, start, end - start)) {
                    return true;
                }
            }
            return false;
        }

        /** The last repetition may be cut short. A single character repeated counts only when listed as it is. */
        private static boolean isRepetition(String password, int start, int length) {
            if (!password.regionMatches(0, LIST, start, length)) {
                return false;
            }
            if (password.length() == length) {
                return true;
            }
            // Text that equals itself moved by n has period n.
            return hasPeriod(password, length) && !hasPeriod(password, 1);
        }

        private static String load() {
            var list = "/com/nulabinc/zxcvbn/matchers/dictionaries/passwords.txt";
            var in = Objects.requireNonNull(PasswordRules.class.getResourceAsStream(list), list);
            try (var reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
                return reader.lines()
                        .filter(line -> !line.isBlank())
                        .map(line -> line.toLowerCase(Locale.ROOT) + "\n")
                        .collect(Collectors.joining());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static boolean hasPeriod(String text, int period) {
            return text.regionMatches(period, text, 0, text.length() - period);
        }
    }
}
