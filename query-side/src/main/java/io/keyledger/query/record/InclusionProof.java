package io.keyledger.query.record;

import io.keyledger.api.audit.EventProof;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Proves to who has the log's verifier key, and nothing else, that the record holds an event: the event as it is stored, its
 * place in the tree, the path from there to the root, and the signed checkpoint with that root. As text it is a C2SP
 * tlog-proof (https://c2sp.org/tlog-proof), the event being its "extra" line.
 *
 * @param index of the leaf, from 0
 * @param hashes from the leaf's sibling up to the root's child
 */
public record InclusionProof(LeafEntry entry, long index, List<Hash> hashes, SignedNote checkpoint) {

    private static final String HEADER = "c2sp.org/tlog-proof@v1";
    private static final Pattern INDEX = Pattern.compile("0|[1-9][0-9]{0,17}");

    public static InclusionProof of(EventProof proof) {
        return new InclusionProof(
                LeafEntry.parse(Base64.getDecoder().decode(proof.entry())),
                proof.index(),
                proof.hashes().stream().map(Hash::ofBase64).toList(),
                SignedNote.parse(proof.checkpoint()));
    }

    /** Whether the entry is in the checkpoint's tree. Says nothing about who signed the checkpoint. */
    public boolean holds() {
        var tree = Checkpoint.parse(checkpoint.text());
        return MerkleTree.isIncluded(entry.hash(), index, tree.size(), hashes, tree.root());
    }

    /** Whether this is a proof, or a part of one. */
    static boolean isBegun(String text) {
        return text.startsWith(HEADER + "\n");
    }

    /** @throws IllegalArgumentException saying why this is no proof of an event */
    public static InclusionProof parse(String text) {
        var end = text.indexOf("\n\n");
        if (end < 0) {
            throw new IllegalArgumentException("This is no proof: it ends before its checkpoint.");
        }
        var lines = text.substring(0, end).split("\n", -1);
        if (!lines[0].equals(HEADER)) {
            throw new IllegalArgumentException("This is no proof: its first line is not " + HEADER + ".");
        }
        if (lines.length < 3 || !lines[1].startsWith("extra ")) {
            throw new IllegalArgumentException("This proof does not hold the event that it is about.");
        }
        if (!lines[2].startsWith("index ")
                || !INDEX.matcher(lines[2].substring(6)).matches()) {
            throw new IllegalArgumentException("This proof does not say which leaf it is about.");
        }
        byte[] entry;
        List<Hash> hashes = new ArrayList<>();
        try {
            entry = Base64.getDecoder().decode(lines[1].substring(6));
            Arrays.stream(lines).skip(3).map(Hash::ofBase64).forEach(hashes::add);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("A line of this proof is not base64 of what it should be.", e);
        }
        return new InclusionProof(
                LeafEntry.parse(entry),
                Long.parseLong(lines[2].substring(6)),
                List.copyOf(hashes),
                SignedNote.parse(text.substring(end + 2)));
    }

    /** As a tlog-proof. */
    @Override
    public String toString() {
        var text = new StringBuilder(HEADER)
                .append("\nextra ")
                .append(Base64.getEncoder().encodeToString(entry.bytes()))
                .append("\nindex ")
                .append(index)
                .append('\n');
        hashes.forEach(hash -> text.append(hash.base64()).append('\n'));
        return text.append('\n').append(checkpoint).toString();
    }
}
