package io.keyledger.query.record;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import org.bouncycastle.math.ec.rfc8032.Ed25519;
import org.bouncycastle.math.ec.rfc8032.Ed25519.PublicPoint;
import org.jspecify.annotations.Nullable;

/**
 * Who may have signed a note: a name and an Ed25519 public key. As text it is a "vkey" (C2SP signed-note):
 * {@code <name>+<8 hex digits of the key's id>+<base64>}.
 */
public final class VerifierKey {

    static final int KEY_LENGTH = 32;

    /** The type of signature, Ed25519, as the notes number them. */
    private static final byte ED25519 = 1;

    private final String name;
    private final byte[] key;
    private final int id;

    /** Decoded once. Bouncy Castle, which then takes a tenth of the time that the JDK does: a record has many checkpoints. */
    private final PublicPoint point;

    /**
     * @param key 32 bytes (RFC 8032)
     * @throws IllegalArgumentException when it cannot be a name or a key
     */
    public VerifierKey(String name, byte[] key) {
        if (!isName(name)) {
            throw new IllegalArgumentException(
                    "The name of a verifier key has at least one character, and no space or plus sign among them.");
        }
        if (key.length != KEY_LENGTH) {
            throw new IllegalArgumentException("A verifier key has 32 bytes, not " + key.length + ".");
        }
        this.name = name;
        this.key = key.clone();
        this.id = id(name, typed(key));
        this.point = point(key);
    }

    /** @throws IllegalArgumentException saying what is wrong with it */
    public static VerifierKey parse(String text) {
        // Base64 may hold a plus sign itself.
        var parts = text.strip().split("\\+", 3);
        if (parts.length != 3) {
            throw new IllegalArgumentException(
                    "A verifier key has three parts with plus signs between them: its name, its id and the key.");
        }
        byte[] typed;
        try {
            typed = Base64.getDecoder().decode(parts[2]);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("The last part of a verifier key is base64, and this is not.", e);
        }
        if (typed.length == 0 || typed[0] != ED25519) {
            throw new IllegalArgumentException("This verifier key is not for Ed25519 signatures.");
        }
        var key = new VerifierKey(parts[0], Arrays.copyOfRange(typed, 1, typed.length));
        if (!parts[1].equals(HexFormat.of().toHexDigits(key.id))) {
            throw new IllegalArgumentException("The id in this verifier key is not that of its name and key.");
        }
        return key;
    }

    /** The same in every note it signed; the first thing there is to compare. */
    public String name() {
        return name;
    }

    /** A short mark to tell keys of one name apart. It proves nothing: others with the same one are easily made. */
    public int id() {
        return id;
    }

    /** The 32 bytes of the public key (RFC 8032). */
    public byte[] key() {
        return key.clone();
    }

    boolean verifies(byte[] signature, String text) {
        var message = text.getBytes(UTF_8);
        return signature.length == Ed25519.SIGNATURE_SIZE
                && Ed25519.verify(signature, 0, point, message, 0, message.length);
    }

    /** Of notes' keys: no plus sign, as one follows in a vkey; no space, as one follows in a signature. */
    static boolean isName(String name) {
        return !name.isEmpty()
                && name.chars().noneMatch(c -> c == '+' || Character.isWhitespace(c) || Character.isSpaceChar(c));
    }

    private static int id(String name, byte[] typed) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            digest.update(name.getBytes(UTF_8));
            digest.update((byte) '\n');
            digest.update(typed);
            return ByteBuffer.wrap(digest.digest()).getInt();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] typed(byte[] key) {
        var typed = new byte[1 + key.length];
        typed[0] = ED25519;
        System.arraycopy(key, 0, typed, 1, key.length);
        return typed;
    }

    private static PublicPoint point(byte[] key) {
        var point = Ed25519.validatePublicKeyFullExport(key, 0);
        if (point == null) {
            throw new IllegalArgumentException("These 32 bytes are no Ed25519 key.");
        }
        return point;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof VerifierKey that && name.equals(that.name) && Arrays.equals(key, that.key);
    }

    @Override
    public int hashCode() {
        return id;
    }

    /** As a vkey. */
    @Override
    public String toString() {
        return name + "+" + HexFormat.of().toHexDigits(id) + "+"
                + Base64.getEncoder().encodeToString(typed(key));
    }
}
