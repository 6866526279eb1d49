package io.keyledger.query.record;

import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The record's head at one size: the text of a note that its key signs (C2SP tlog-checkpoint,
 * https://c2sp.org/tlog-checkpoint). Whoever keeps one can tell later whether the record still begins with the same events.
 *
 * @param origin names the log
 * @param size how many leaves the tree has
 * @param root of that tree
 * @param extensions further lines, which no checkpoint of ours has
 */
public record Checkpoint(String origin, long size, Hash root, List<String> extensions) {

    private static final Pattern SIZE = Pattern.compile("0|[1-9][0-9]{0,17}");

    public Checkpoint(String origin, long size, Hash root) {
        this(origin, size, root, List.of());
    }

    /** The text to be signed. */
    public String text() {
        var text = new StringBuilder()
                .append(origin)
                .append('\n')
                .append(size)
                .append('\n')
                .append(root.base64())
                .append('\n');
        extensions.forEach(line -> text.append(line).append('\n'));
        return text.toString();
    }

    /**
     * @param text of a note, without its signatures
     * @throws IllegalArgumentException saying why this is no checkpoint
     */
    public static Checkpoint parse(String text) {
        var lines = text.endsWith("\n") ? text.substring(0, text.length() - 1).split("\n", -1) : new String[0];
        if (lines.length < 3 || Arrays.stream(lines).anyMatch(String::isEmpty)) {
            throw new IllegalArgumentException(
                    "This note is no checkpoint: it has a line for the log, one for the size and one for the root.");
        }
        if (!SIZE.matcher(lines[1]).matches()) {
            throw new IllegalArgumentException("The size of this checkpoint is no number: " + lines[1]);
        }
        Hash root;
        try {
            root = Hash.ofBase64(lines[2]);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("The root of this checkpoint is no SHA-256 hash: " + lines[2], e);
        }
        return new Checkpoint(
                lines[0], Long.parseLong(lines[1]), root, List.of(lines).subList(3, lines.length));
    }
}
