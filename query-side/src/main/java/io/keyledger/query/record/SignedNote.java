package io.keyledger.query.record;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/**
 * A text and who signed it (C2SP signed-note, https://c2sp.org/signed-note): the text's lines, an empty line, and one line
 * for each signature. Nothing is true about the text until {@link #check} has said so.
 *
 * @param text ends with a line break
 */
public record SignedNote(String text, List<Signed> signatures) {

    private static final String MARK = "— ";
    private static final int KEY_ID_LENGTH = 4;
    /** As in Go's implementation. */
    private static final int MOST_SIGNATURES = 100;

    private static final int LONGEST = 1_000_000;

    /**
     * One line under the text.
     *
     * @param base64 of the key's id and the signature
     */
    public record Signed(String name, String base64) {

        private int keyId() {
            return ByteBuffer.wrap(Base64.getDecoder().decode(base64)).getInt();
        }

        private byte[] signature() {
            var bytes = Base64.getDecoder().decode(base64);
            return Arrays.copyOfRange(bytes, KEY_ID_LENGTH, bytes.length);
        }
    }

    /** What a key says about a note. */
    public enum Check {
        /** The key's signature is there, and is one of this text. */
        SIGNED,
        /** The key's signature is not there. Whoever signed it, it was not this key. */
        NOT_SIGNED,
        /** A signature claims to be the key's, and is not one of this text: either was altered. */
        FORGED
    }

    public static SignedNote sign(String text, SigningKey key) {
        if (!isText(text) || !text.endsWith("\n")) {
            throw new IllegalArgumentException("this text can't be signed");
        }
        var signature = key.sign(text);
        var bytes = ByteBuffer.allocate(KEY_ID_LENGTH + signature.length)
                .putInt(key.verifier().id())
                .put(signature)
                .array();
        return new SignedNote(
                text,
                List.of(new Signed(key.verifier().name(), Base64.getEncoder().encodeToString(bytes))));
    }

    /** @throws IllegalArgumentException saying why this is no note */
    public static SignedNote parse(String note) {
        if (note.length() > LONGEST) {
            throw new IllegalArgumentException("A signed note is not that long.");
        }
        if (!isText(note)) {
            throw new IllegalArgumentException("A signed note holds no control characters but line breaks.");
        }
        var end = note.lastIndexOf("\n\n");
        if (end < 0 || !note.endsWith("\n")) {
            throw new IllegalArgumentException(
                    "This is no signed note: a text, an empty line and signatures, each line with its line break.");
        }
        var text = note.substring(0, end + 1);
        var lines = note.substring(end + 2);
        if (lines.isEmpty()) {
            throw new IllegalArgumentException("This note has no signatures.");
        }
        List<Signed> signatures = new ArrayList<>();
        for (var line : lines.substring(0, lines.length() - 1).split("\n", -1)) {
            signatures.add(signed(line));
            if (signatures.size() > MOST_SIGNATURES) {
                throw new IllegalArgumentException("This note has too many signatures.");
            }
        }
        return new SignedNote(text, List.copyOf(signatures));
    }

    /**
     * Several notes, one after the other, as in a file that checkpoints are added to. Empty lines before a note are no
     * part of it.
     *
     * @throws IllegalArgumentException saying which of them is no note, and why
     */
    public static List<SignedNote> parseAll(String notes) {
        List<SignedNote> all = new ArrayList<>();
        var note = new StringBuilder();
        var signed = false;
        for (var line : notes.lines().toList()) {
            var signature = line.startsWith(MARK);
            if (signed && !signature) {
                all.add(parse(all.size() + 1, note));
                note.setLength(0);
            }
            signed = signature;
            if (!note.isEmpty() || !line.isEmpty()) {
                note.append(line).append('\n');
            }
        }
        if (!note.isEmpty()) {
            all.add(parse(all.size() + 1, note));
        }
        return List.copyOf(all);
    }

    private static SignedNote parse(int number, CharSequence note) {
        try {
            return parse(note.toString());
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("Note " + number + ": " + e.getMessage(), e);
        }
    }

    private static Signed signed(String line) {
        var space = line.lastIndexOf(' ');
        if (line.startsWith(MARK) && space >= MARK.length()) {
            var signed = new Signed(line.substring(MARK.length(), space), line.substring(space + 1));
            try {
                if (VerifierKey.isName(signed.name())
                        && Base64.getDecoder().decode(signed.base64()).length > KEY_ID_LENGTH) {
                    return signed;
                }
            } catch (IllegalArgumentException notBase64) {
                // Said below.
            }
        }
        throw new IllegalArgumentException("This line of the note is no signature: " + line);
    }

    /** Line breaks, and characters that are none of ASCII's controls; and no halves of a character, which UTF-8 lacks. */
    private static boolean isText(String text) {
        return text.codePoints()
                .allMatch(c -> c == '\n' || (c >= ' ' && (c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE)));
    }

    /** Signatures of others are ignored: witnesses add theirs. */
    public Check check(VerifierKey key) {
        var found = Check.NOT_SIGNED;
        for (var signed : signatures) {
            if (signed.name().equals(key.name()) && signed.keyId() == key.id()) {
                if (!key.verifies(signed.signature(), text)) {
                    return Check.FORGED;
                }
                found = Check.SIGNED;
            }
        }
        return found;
    }

    /** The whole note. */
    @Override
    public String toString() {
        var note = new StringBuilder(text).append('\n');
        signatures.forEach(signed -> note.append(MARK)
                .append(signed.name())
                .append(' ')
                .append(signed.base64())
                .append('\n'));
        return note.toString();
    }
}
