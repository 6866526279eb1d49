package io.keyledger.api;

import java.security.SecureRandom;

/** Opaque identifiers: a prefix that tells the kind, and 119 random bits in base62. */
public final class Ids {

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final String BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private Ids() {}

    public static String newAccountId() {
        return "acc_" + randomBase62(20);
    }

    public static String newTokenId() {
        return "tok_" + randomBase62(20);
    }

    public static String newWebhookId() {
        return "whk_" + randomBase62(20);
    }

    /** Each character holds 5.95 random bits. */
    public static String randomBase62(int length) {
        var text = new StringBuilder(length);
        for (var i = 0; i < length; i++) {
            text.append(BASE62.charAt(RANDOM.nextInt(62)));
        }
        return text.toString();
    }

    /** The number in base62, padded with zeros: digits, capitals, small letters. */
    public static String base62(long number, int length) {
        var digits = new char[length];
        for (var i = length - 1; i >= 0; i--) {
            digits[i] = BASE62.charAt((int) (number % 62));
            number /= 62;
        }
        return new String(digits);
    }
}
