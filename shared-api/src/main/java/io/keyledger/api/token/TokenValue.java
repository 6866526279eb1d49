package io.keyledger.api.token;

import io.keyledger.api.Ids;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Optional;
import java.util.zip.CRC32;

/**
 * The secret that a program sends: a prefix that ends with an underscore, 30 random base62 characters (178 bits), and
 * the CRC-32 (IEEE) of all before it in six base62 characters, so that scanners find leaked values without false
 * alarms and a mistyped one is refused without asking the database. Only its SHA-256 is ever kept (ASVS 5, 6.5.2).
 */
public final class TokenValue {

    private static final int RANDOM_LENGTH = 30;
    private static final int CHECKSUM_LENGTH = 6;

    private final String value;

    private TokenValue(String value) {
        this.value = value;
    }

    /** @param prefix ends with an underscore, so that the value can be told apart and a double click selects it whole */
    public static TokenValue generate(String prefix) {
        var text = prefix + Ids.randomBase62(RANDOM_LENGTH);
        return new TokenValue(text + checksum(text));
    }

    /** The value, if its form and checksum are right; of any prefix, so that a changed one leaves old tokens working. */
    public static Optional<TokenValue> parse(String text) {
        var start = text.lastIndexOf('_') + 1;
        if (start < 2 || text.length() - start != RANDOM_LENGTH + CHECKSUM_LENGTH || text.length() > 100) {
            return Optional.empty();
        }
        for (var i = 0; i < text.length(); i++) {
            if (text.charAt(i) > 0x7f) {
                return Optional.empty();
            }
        }
        var end = text.length() - CHECKSUM_LENGTH;
        return text.startsWith(checksum(text.substring(0, end)), end)
                ? Optional.of(new TokenValue(text))
                : Optional.empty();
    }

    /** The value itself: only for the one answer that shows it. */
    public String reveal() {
        return value;
    }

    /** SHA-256 of the value: 32 bytes. */
    public byte[] digest() {
        try {
            return MessageDigest.getInstance("SHA-256").digest(value.getBytes(StandardCharsets.US_ASCII));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    /** The prefix and the last four characters. */
    public String hint() {
        return value.substring(0, value.lastIndexOf('_') + 1) + value.substring(value.length() - 4);
    }

    private static String checksum(String text) {
        var crc = new CRC32();
        crc.update(text.getBytes(StandardCharsets.US_ASCII));
        return Ids.base62(crc.getValue(), CHECKSUM_LENGTH);
    }

    @Override
    public String toString() {
        return "TokenValue[***]";
    }
}
